/**
 * What an OS image is: its parts, the formats it is written in, the build plan made from a spec,
 * and the result of a build. No Kubernetes and no HTTP; operator and builder share nothing but
 * this.
 */
@NullMarked
package dev.osimage.image;

import org.jspecify.annotations.NullMarked;
