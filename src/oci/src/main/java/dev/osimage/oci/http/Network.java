package dev.osimage.oci.http;

import java.net.InetAddress;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** A network of addresses; a single address is the smallest one. Names are never looked up. */
final class Network {

  private final byte[] address;
  private final int prefix;

  private Network(byte[] address, int prefix) {
    this.address = address;
    this.prefix = prefix;
  }

  /** Reads {@code address} or {@code address/prefix}; null for anything else. */
  static @Nullable Network parse(String text) {
    int slash = text.indexOf('/');
    var address = literal(slash < 0 ? text : text.substring(0, slash));
    if (address == null) {
      return null;
    }
    int bits = address.getAddress().length * 8;
    if (slash < 0) {
      return new Network(address.getAddress(), bits);
    }
    var prefix = text.substring(slash + 1);
    return prefix.matches("\\d{1,3}") && Integer.parseInt(prefix) <= bits
        ? new Network(address.getAddress(), Integer.parseInt(prefix))
        : null;
  }

  boolean contains(String host) {
    var other = literal(host);
    if (other == null || other.getAddress().length != address.length) {
      return false;
    }
    var bytes = other.getAddress();
    for (int bit = 0; bit < prefix; bit++) {
      int mask = 0x80 >> (bit % 8);
      if ((bytes[bit / 8] & mask) != (address[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a host is written as an address that means something only near to who uses it:
   * loopback, link-local, private, or none at all.
   */
  static boolean isPrivateLiteral(String host) {
    var address = literal(host);
    if (address == null) {
      return isLoopback(host);
    }
    byte[] bytes = address.getAddress();
    boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    // Carrier-grade NAT, in which clouds put their own services.
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    return address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isAnyLocalAddress()
        || address.isMulticastAddress()
        || uniqueLocal
        || shared;
  }

  /** Whether a host is this machine, by the way it is written. */
  static boolean isLoopback(String host) {
    var address = literal(host);
    // A dot at the end says that nothing is to be added to the name.
    return address == null ? host.matches("(?:.*\\.)?localhost\\.?") : address.isLoopbackAddress();
  }

  private static @Nullable InetAddress literal(String host) {
    var bare = host.replaceFirst("^\\[(.*)]$", "$1");
    boolean looksLikeOne = bare.contains(":") || bare.matches("[0-9.]+");
    if (!looksLikeOne
        || HttpUrl.parse("http://" + (bare.contains(":") ? "[" + bare + "]" : bare)) == null) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(bare);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
