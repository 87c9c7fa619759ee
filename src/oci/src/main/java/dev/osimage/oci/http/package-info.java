/**
 * The one place for HTTP: proxies, trusted authorities, timeouts, redirects, how many transfers run
 * at once, when to try again, and downloads that go on where they were cut.
 */
@NullMarked
package dev.osimage.oci.http;

import org.jspecify.annotations.NullMarked;
