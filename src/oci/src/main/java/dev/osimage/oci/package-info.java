/**
 * What the OCI image and distribution specifications define, without Kubernetes: here digests,
 * references, descriptors and manifests in exact bytes; in the packages below, where such content
 * is kept, how it travels, and how it is packed and signed.
 */
@NullMarked
package dev.osimage.oci;

import org.jspecify.annotations.NullMarked;
