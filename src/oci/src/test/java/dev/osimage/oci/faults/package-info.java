/**
 * A registry on 127.0.0.1 that is right by default (OCI distribution-spec 1.1) and wrong on demand:
 * everything that registries, proxies and networks are known to do differently can be switched on,
 * alone or together. It is the specification by which clients are judged, and shares no code with
 * them beyond digests and names.
 */
@NullMarked
package dev.osimage.oci.faults;

import org.jspecify.annotations.NullMarked;
