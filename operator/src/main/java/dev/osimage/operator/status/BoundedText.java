package dev.osimage.operator.status;

/** Texts with a bound. Half a character would come back from the API server as another text. */
public final class BoundedText {

  private BoundedText() {}

  /** The text; of one of more than {@code max} UTF-16 units the beginning, and a mark. */
  public static String of(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(max - 2));
    return text.substring(0, splits ? max - 2 : max - 1) + "…";
  }
}
