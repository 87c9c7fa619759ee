package dev.osimage.image;

/**
 * What is allowed and still likely to be a mistake: {@code reason} is a word for programs, {@code
 * message} a sentence for people.
 */
public record Warning(String reason, String message) {}
