/**
 * The process in a builder pod: reads a plan, streams the parts from their sources into the
 * registry, publishes the manifest, and says how it went. It knows no Kubernetes.
 */
@NullMarked
package dev.osimage.builder;

import org.jspecify.annotations.NullMarked;
