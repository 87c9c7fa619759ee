/**
 * Content outside of registries: the OCI image layout as a directory and as an archive, and copies
 * between any two places that content is read from and written to.
 */
@NullMarked
package dev.osimage.oci.layout;

import org.jspecify.annotations.NullMarked;
