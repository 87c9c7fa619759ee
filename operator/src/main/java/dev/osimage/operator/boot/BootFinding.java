package dev.osimage.operator.boot;

import dev.osimage.api.Reason;

/**
 * What came of asking for boot URLs.
 *
 * @param reachable whether each answered as it should
 * @param message a sentence for people
 */
public record BootFinding(boolean reachable, Reason reason, String message) {}
