package dev.osimage.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * Where one file comes from, which is exactly one of {@code http} and {@code inline}, and what is
 * done to it before it is published.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "(has(self.http) ? 1 : 0) + (has(self.inline) ? 1 : 0) == 1",
    message = "a file needs exactly one source: set http or inline")
@ValidationRule(
    value = "!has(self.inline) || size(self.inline) > 0",
    message = "inline must not be empty: leave the file out, or write its content",
    fieldPath = ".inline")
@ValidationRule(
    value = "!has(self.inline) || size(bytes(self.inline)) <= 65536",
    message =
        "inline text must be at most 65536 bytes (64 KiB): serve the file over HTTP and name it by"
            + " http.url and http.digest",
    fieldPath = ".inline")
@ValidationRule(
    value = "!has(self.inline) || (!has(self.path) && !has(self.decompress) && !has(self.digest))",
    message =
        "inline text is the file itself: remove path, decompress and digest, or use http instead of"
            + " inline")
@ValidationRule(
    value =
        "!has(self.decompress) || self.decompress != 'None' || has(self.path) ||"
            + " !has(self.digest) || !has(self.http) || self.digest == self.http.digest",
    message = FileSource.SAME_DIGEST,
    fieldPath = ".digest")
public record FileSource(
    @JsonPropertyDescription(
            "Fetched over HTTP or HTTPS and checked by its digest. Set exactly one of http and"
                + " inline.")
        @Nullable HttpSource http,
    @Size(max = 262144)
        @JsonPropertyDescription(
            "The content of the file itself, as UTF-8 text of at most 64 KiB; 128 KiB for all files"
                + " together. Set exactly one of http and inline.")
        @Nullable String inline,
    @Size(max = 1024)
        @ValidationRule(
            value = "self.matches('^[^\\\\x00-\\\\x1f\\\\x7f]+$') && !self.matches('(^|/)[.]?$')",
            message =
                "path must name one file in the archive, such as boot/vmlinuz: not empty, without"
                    + " control characters and without '/' at its end")
        @ValidationRule(
            value = "!self.matches('(^|/)[.][.](/|$)')",
            message =
                "path must not contain '..': write the file's path from the root of the archive,"
                    + " such as boot/vmlinuz")
        @JsonPropertyDescription(
            "The file in the archive at the source, when that is an archive (tar, also compressed,"
                + " or zip): its exact path, such as boot/vmlinuz; a leading '/' or './' does not"
                + " matter. How the archive is compressed is recognized by its content. Several"
                + " files from one archive fetch it once.")
        @Nullable String path,
    @JsonPropertyDescription(
            "How the file is decompressed before it is published. 'Auto': as the suffix of its name"
                + " says (.gz, .xz, .zst, .bz2, .lz4), which is the name in path or else in"
                + " http.url; a file without such a suffix stays as it is. 'None': not at all."
                + " 'Gzip', 'Xz', 'Zstd', 'Bzip2', 'Lz4': as this. Default: 'Auto' for rootfs,"
                + " squashfs and iso, 'None' for kernel, initramfs and uki (an initramfs is a"
                + " compressed file).")
        @Nullable Decompress decompress,
    @Size(max = 256)
        @ValidationRule(
            value = "self.matches('^sha256:[a-f0-9]{64}$')",
            message =
                "digest must be 'sha256:' followed by the 64 lower-case hex digits that sha256sum"
                    + " prints; other algorithms are not supported")
        @JsonPropertyDescription(
            "SHA-256 of the file as it is published: after it was taken from its archive and"
                + " decompressed, where path and decompress say so. Optional: http.digest already"
                + " pins the bytes at the URL. When it is given, nothing is published unless it"
                + " agrees.")
        @Nullable String digest) {

  /** Refuses a digest that can only be wrong, of a file that is not decompressed unless asked. */
  static final String UNTOUCHED =
      "has(self.path) || has(self.decompress) || !has(self.digest) || !has(self.http) ||"
          + " self.digest == self.http.digest";

  static final String SAME_DIGEST =
      "digest must be that of http.digest here, because the file is neither taken from an archive"
          + " nor decompressed: correct or remove it, or set path or decompress";
}
