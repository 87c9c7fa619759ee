/** What was fetched from registries, on disk and named by its digest. */
@NullMarked
package dev.osimage.gateway.cache;

import org.jspecify.annotations.NullMarked;
