package dev.osimage.oci.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.osimage.oci.faults.FaultRegistry;
import dev.osimage.oci.faults.Quirk;
import dev.osimage.oci.faults.Step;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Credentials that change under a client. */
class RotationTest extends AgainstFaults {

  private static final Credentials WRONG = new Credentials.Login(FaultRegistry.USER, "wr0ng");

  @ParameterizedTest
  @EnumSource(
      value = Quirk.class,
      names = {"BASIC", "BEARER"})
  void whatWasRefusedIsNotShownAgainOnceThereIsAnother(Quirk scheme) throws IOException {
    var registry = registry(scheme);
    var current = new AtomicReference<>(WRONG);
    var client =
        client(registry, new RegistrySettings(true, () -> Optional.of(current.get()), QUICK));

    assertThatThrownBy(client::checkPush)
        .isInstanceOfSatisfying(
            RegistryException.class, failure -> assertThat(failure.status()).isEqualTo(401));
    int refused = registry.requests().size();
    current.set(LOGIN);
    client.checkPush();

    assertThat(registry.requests().subList(refused, registry.requests().size()))
        .filteredOn(request -> request.step() != Step.TOKEN)
        .extracting(request -> request.step())
        .as("at once with the other ones")
        .startsWith(Step.UPLOAD_POST, Step.UPLOAD_DELETE);
  }

  @Test
  void aCheckLeavesNoUploadBehind() throws IOException {
    var registry = registry(Quirk.BASIC);

    client(registry).checkPush();

    assertThat(registry.openUploads()).isZero();
    assertThat(registry.count(Step.UPLOAD_PATCH, Step.UPLOAD_PUT)).isZero();
  }
}
