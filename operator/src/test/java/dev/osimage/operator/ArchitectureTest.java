package dev.osimage.operator;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may know whom. */
class ArchitectureTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final int MAX_LINES = 400;

  private static JavaClasses classes = new ClassFileImporter().importPaths(List.of());

  @BeforeAll
  static void readAllClasses() {
    // By location: the builder is no dependency of the operator, and must not become one.
    var folders =
        Stream.of("src/api", "src/oci", "src/image", "src/builder", "src/gateway", "operator")
            .map(module -> ROOT.resolve(module).resolve("target/classes"))
            .toList();
    assertThat(folders)
        .as("all modules are compiled before the operator's tests: run Maven in the root")
        .allSatisfy(folder -> assertThat(folder).isNotEmptyDirectory());
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPaths(folders);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "api      | api",
        "oci      | oci",
        "image    | image api oci",
        "builder  | builder image api oci",
        "gateway  | gateway api oci",
        "operator | operator image api oci"
      })
  void everyModuleKnowsOnlyThoseBelowIt(String module, String known) {
    var allowed =
        Stream.of(known.split(" ", -1)).map(name -> "dev.osimage." + name + "..").toList();

    noClasses()
        .that()
        .resideInAPackage("dev.osimage." + module + "..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.osimage..")
                .and(not(resideInAnyPackage(allowed.toArray(String[]::new)))))
        .check(classes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http      | ",
        "content   | http",
        "signature | http registry",
        "layout    | content",
        "registry  | content http"
      })
  void everyRoomOfOciKnowsOnlyThoseBelowIt(String room, @Nullable String known) {
    var above = new ArrayList<>(List.of("http", "content", "signature", "layout", "registry"));
    above.remove(room);
    above.removeAll(List.of(known == null ? new String[0] : known.split(" ", -1)));

    noClasses()
        .that()
        .resideInAPackage("dev.osimage.oci." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            above.stream().map(name -> "dev.osimage.oci." + name + "..").toArray(String[]::new))
        .check(classes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "image"})
  void onlyOciBuilderAndOperatorSpeakHttp(String module) {
    noClasses()
        .that()
        .resideInAPackage("dev.osimage." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("okhttp3..", "java.net.http..", "com.sun.net.httpserver..")
        .check(classes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"oci", "image", "builder"})
  void onlyTheOperatorKnowsKubernetes(String module) {
    noClasses()
        .that()
        .resideInAPackage("dev.osimage." + module + "..")
        .should()
        .dependOnClassesThat(
            kubernetes()
                // Annotations and base classes of the records of src/api.
                .and(not(resideInAPackage("dev.osimage.api.."))))
        .check(classes);
  }

  @Test
  void theRecordsKnowNoMoreOfKubernetesThanWhatACustomResourceNeeds() {
    noClasses()
        .that()
        .resideInAPackage("dev.osimage.api..")
        .should()
        .dependOnClassesThat(
            kubernetes()
                .and(not(assignableTo(CustomResource.class)))
                .and(not(assignableTo(Namespaced.class)))
                .and(
                    not(
                        resideInAnyPackage(
                            "io.fabric8.kubernetes.model.annotation..",
                            "io.fabric8.generator.annotation..",
                            "io.fabric8.crd.generator.annotation.."))))
        .check(classes);
  }

  private static DescribedPredicate<JavaClass> kubernetes() {
    return resideInAnyPackage("io.fabric8..", "io.javaoperatorsdk..");
  }

  @Test
  void theCoreOfTheOperatorIsPure() {
    noClasses()
        .that()
        .haveSimpleName("Decide")
        .or()
        .haveSimpleName("Report")
        .or()
        .haveSimpleName("Conditions")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8.kubernetes.client.dsl..", "okhttp3..", "java.io..", "org.slf4j..")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(classes);
  }

  @Test
  void classesAreNamedByWhatTheyDo() {
    noClasses()
        .should()
        .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)(\\$.*)?")
        .check(classes);
  }

  @Test
  void noFileIsTooLongToRead() throws IOException {
    try (var files = Files.walk(ROOT)) {
      var sources =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !ROOT.relativize(file).toString().contains("target/"))
              .toList();
      assertThat(sources).hasSizeGreaterThan(50);
      assertThat(sources)
          .allSatisfy(source ->
              assertThat(Files.readAllLines(source))
                  .as("%s", source)
                  .hasSizeLessThanOrEqualTo(MAX_LINES));
    }
  }
}
