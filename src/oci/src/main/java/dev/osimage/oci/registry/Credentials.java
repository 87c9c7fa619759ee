package dev.osimage.oci.registry;

/** A user name and password for one registry. Its text form hides both. */
public record Credentials(String username, String password) {

  @Override
  public String toString() {
    return "Credentials[hidden]";
  }
}
