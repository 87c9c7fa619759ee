package dev.osimage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/reasons.md} is made of the enum; {@code -Dreasons.write=true} writes it. */
class ReasonDocumentTest {

  private static final Path DOCUMENT = Path.of("../../docs/reasons.md");

  @Test
  void theDocumentSaysWhatTheEnumSays() throws IOException {
    if (Boolean.getBoolean("reasons.write")) {
      Files.writeString(DOCUMENT, document());
    }

    assertThat(Files.readString(DOCUMENT))
        .as("out of date; write it again: make docs")
        .isEqualTo(document());
  }

  private static String document() {
    return """
    # Reasons

    The `reason` of the conditions `Ready`, `Reconciling`, `Stalled` and `LastBuildFailed`, of events, and of
    `status.build.failure`. Programs may rely on the words. The message beside a reason names the part or the field,
    what was expected and what was found. This page is made of the enum `Reason` by `make docs`.

    Below, the conditions are those of an attempt that failed. While a builder pod is waited for, its reason stands in
    `Ready=Unknown` and `Reconciling=True`. Where the artifact of this generation is published and only a rebuild failed,
    `Ready` stays `True` and the reason stands in `LastBuildFailed`. Where `spec.retry.limit` has ended the attempts, it is
    `Stalled=True` with the last reason. To each pause up to a fifth is added.

    What looks at the registry find is [another matter](upkeep.md): `ArtifactLost` is looked at again when `spec.drift`
    says so, `TagMoved` is a condition of its own beside `Ready=True`, and `DeletionUnsupported` an event.

    Three events of type Warning have reasons of their own: `RootfsAndSquashfs` (both are in one image),
    `ArchiveWithoutPath` (what `http.url` names looks like an archive, and is published as it is because `path` is not set)
    and `NotRemoved` (what a deleted OsImage has left in the registry).

    ## States

    Nothing is wrong.

    %s
    ## Fix your input

    `Ready=False`, `Stalled=True`. Trying the same again would end the same, so nothing happens until the spec changes,
    or somebody asks by the annotation `reconcile.osimage.dev/requestedAt`.

    %s
    ## Change something

    `Ready=False`, `Stalled=True`. The spec may be right; something around it is not. It is looked at again at
    `status.nextRetryTime`, after pauses from one minute to ten (chart: `builder.retry.slow`): once mended, nobody has to
    touch the OsImage.

    %s
    ## Passing

    `Ready=False`, `Reconciling=True`. It is tried again at `status.nextRetryTime`, after pauses from ten seconds to five
    minutes (chart: `builder.retry`), without end unless `spec.retry.limit` sets one.

    %s\
    """
        .formatted(
            table(Reason.Nature.STATE),
            table(Reason.Nature.FIX_INPUT),
            table(Reason.Nature.CHANGE),
            table(Reason.Nature.PASSING));
  }

  private static String table(Reason.Nature nature) {
    return Arrays.stream(Reason.values())
        .filter(reason -> reason.nature() == nature)
        .map(reason ->
            "| `%s` | %s | %s |\n".formatted(reason.text(), reason.sentence(), reason.help()))
        .collect(
            Collectors.joining("", "| reason | what it means | what to do |\n|---|---|---|\n", ""));
  }
}
