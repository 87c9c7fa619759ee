/**
 * Signatures of manifests as cosign makes and checks them, with a key of one's own and without a
 * transparency log: key files, the signature tag of cosign 2, the bundles of cosign 3 and their
 * attestations.
 */
@NullMarked
package dev.osimage.oci.signature;

import org.jspecify.annotations.NullMarked;
