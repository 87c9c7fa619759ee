/**
 * What the OCI image and distribution specifications define, without Kubernetes: digests,
 * references, descriptors, manifests in exact bytes, credentials, and a client of registries.
 */
@NullMarked
package dev.osimage.oci.registry;

import org.jspecify.annotations.NullMarked;
