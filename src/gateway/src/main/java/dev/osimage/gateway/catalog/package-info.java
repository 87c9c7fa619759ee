/** What the gateway may serve: the artifacts that the status of an OsImage names. */
@NullMarked
package dev.osimage.gateway.catalog;

import org.jspecify.annotations.NullMarked;
