package dev.osimage.oci.registry;

/** What a registry lets one in by. The text forms hide all secrets. */
public sealed interface Credentials {

  /** A user name and password, for Basic authentication and for token servers. */
  record Login(String username, String password) implements Credentials {
    @Override
    public String toString() {
      return "Login[hidden]";
    }
  }

  /**
   * A refresh token that a token server exchanges for access tokens ({@code identitytoken} in
   * Docker's config); {@code username} may be empty.
   */
  record IdentityToken(String username, String token) implements Credentials {
    @Override
    public String toString() {
      return "IdentityToken[hidden]";
    }
  }

  /** A bearer token that is used as it is ({@code registrytoken} in Docker's config). */
  record RegistryToken(String token) implements Credentials {
    @Override
    public String toString() {
      return "RegistryToken[hidden]";
    }
  }
}
