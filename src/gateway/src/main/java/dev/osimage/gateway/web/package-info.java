/** Requests and answers. */
@NullMarked
package dev.osimage.gateway.web;

import org.jspecify.annotations.NullMarked;
