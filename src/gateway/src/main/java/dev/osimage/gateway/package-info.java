/** The boot gateway: serves what OsImages have published to machines that know only plain HTTP. */
@NullMarked
package dev.osimage.gateway;

import org.jspecify.annotations.NullMarked;
