package dev.osimage.oci.faults;

import dev.osimage.oci.Digest;
import dev.osimage.oci.Repository;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A registry on 127.0.0.1, complete by the OCI distribution-spec 1.1, with the faults that a test
 * asks for. Three more hosts belong to it: one that stores blobs, one that issues tokens, and one
 * that speaks plain HTTP; they are called {@code localhost}, so that they differ in name as well.
 */
public final class FaultRegistry implements AutoCloseable {

  /** The one user where faults ask for authentication. */
  public static final String USER = "robot";

  public static final String PASSWORD = "hunter2";

  /** What the token endpoint takes instead of user and password. */
  public static final String REFRESH_TOKEN = "r3fresh";

  private static final String NAME = "os/debian";

  private final Faults faults = new Faults();
  private final Store store = new Store();
  private final List<Received> requests = new CopyOnWriteArrayList<>();

  private final Tokens tokens = new Tokens(faults);
  private final Gate gate = new Gate(this, faults, tokens);
  private final Proxy proxy = new Proxy(faults);
  private final Uploads uploads = new Uploads(this, faults);
  private final Blobs blobs = new Blobs(this, faults);
  private final Manifests manifests = new Manifests(this, faults);
  private final Lists lists = new Lists(this, faults);

  private final FaultServer registry;
  private final FaultServer storage;
  private final FaultServer tokenServer;
  private final FaultServer plain;

  private FaultRegistry(@Nullable SSLContext tls, Fault... faults) throws IOException {
    this.faults.add(List.of(faults));
    this.registry = new FaultServer("127.0.0.1", tls, this::atRegistry);
    this.storage = new FaultServer("localhost", tls, this::elsewhere);
    this.tokenServer = new FaultServer("localhost", tls, this::elsewhere);
    this.plain = new FaultServer("localhost", null, this::elsewhere);
  }

  /** A registry that speaks plain HTTP. */
  public static FaultRegistry start(Fault... faults) throws IOException {
    return new FaultRegistry(null, faults);
  }

  /** A registry behind TLS; the certificate must be for 127.0.0.1 and localhost. */
  public static FaultRegistry startTls(SSLContext tls, Fault... faults) throws IOException {
    return new FaultRegistry(tls, faults);
  }

  /** Adds faults from now on. */
  public void add(Fault... more) {
    faults.add(List.of(more));
  }

  /** From now on the registry is a good one. */
  public void recover() {
    faults.clear();
  }

  /** Whether this quirk is on. */
  public boolean has(Quirk quirk) {
    return faults.has(quirk);
  }

  /** {@code 127.0.0.1:port}. */
  public String host() {
    return registry.host();
  }

  /** Scheme and host, without a slash at the end. */
  public String url() {
    return registry.url();
  }

  /** The repository that methods without a name of one mean. */
  public Repository repository() {
    return new Repository(host(), NAME);
  }

  /** The host to which blobs and uploads are sent away. */
  public String storageHost() {
    return storage.host();
  }

  /** The host that issues tokens with {@link Quirk#TOKENS_ELSEWHERE}. */
  public String tokenHost() {
    return tokenServer.host();
  }

  /** The host that has no TLS. */
  public String plainHost() {
    return plain.host();
  }

  String storageUrl() {
    return storage.url();
  }

  String tokenUrl() {
    return tokenServer.url();
  }

  /** Where instances of clouds find their credentials; nothing here ever connects to it. */
  String privateUrl() {
    return url().substring(0, url().indexOf(':')) + "://169.254.169.254";
  }

  Store store() {
    return store;
  }

  /** Every request to any of the hosts, in the order of their heads. */
  public List<Received> requests() {
    return List.copyOf(requests);
  }

  /** The requests of these steps. */
  public List<Received> requests(Step... steps) {
    var wanted = Set.of(steps);
    return requests.stream().filter(request -> wanted.contains(request.step())).toList();
  }

  /** How many requests of these steps came. */
  public int count(Step... steps) {
    return requests(steps).size();
  }

  /** The values of all Authorization headers that a host got, in turn. */
  public List<String> authorizations(String host) {
    return requests.stream()
        .filter(request -> request.host().equals(host))
        .flatMap(request -> request.headers().allValues("Authorization").stream())
        .toList();
  }

  /** How many requests a host had at the same time, at most. */
  public int mostAtOnce(String host) {
    return Stream.of(registry, storage, tokenServer, plain)
        .filter(server -> server.host().equals(host))
        .mapToInt(FaultServer::busiest)
        .sum();
  }

  /** Uploads that were neither closed nor cancelled. */
  public int openUploads() {
    return uploads.open();
  }

  public Optional<byte[]> blob(Digest digest) {
    return Optional.ofNullable(store.room(NAME).blobs().get(digest));
  }

  /** A manifest by tag or digest. */
  public Optional<byte[]> manifest(String reference) {
    var room = store.room(NAME);
    return Optional.ofNullable(room.resolve(reference))
        .map(digest -> room.manifests().get(digest))
        .map(Store.Manifest::content);
  }

  public Set<String> tags() {
    return Set.copyOf(store.room(NAME).tags().keySet());
  }

  public Digest addBlob(byte[] content) {
    return addBlob(NAME, content);
  }

  /** Adds a blob to another repository of this registry. */
  public Digest addBlob(String repository, byte[] content) {
    var digest = Digest.of(content);
    store.room(repository).blobs().put(digest, content);
    return digest;
  }

  /** Stores a manifest without looking at it, under its digest or under a tag as well. */
  public Digest addManifest(String reference, String mediaType, byte[] content) {
    return store.room(NAME).put(reference, new Store.Manifest(mediaType, content));
  }

  /** Lets time pass for tokens. */
  public void advance(Duration time) {
    tokens.advance(time);
  }

  /** Withdraws every token that was issued so far. */
  public void expireTokens() {
    tokens.expireAll();
  }

  private Answer atRegistry(Exchange exchange) throws IOException {
    requests.add(exchange.request());
    return proxy.finish(exchange, faults.answer(exchange, this, this::behindRules));
  }

  private Answer behindRules(Exchange exchange) throws IOException {
    return proxy.page(
        proxy.answer(
            exchange,
            each -> {
              boolean token = each.request().step() == Step.TOKEN;
              var refusal = token ? null : gate.refusal(each.request());
              return refusal == null ? serve(each) : refusal;
            }));
  }

  /** The other hosts: whoever shows credentials to them is sent away, as S3 does it. */
  private Answer elsewhere(Exchange exchange) throws IOException {
    requests.add(exchange.request());
    return faults.answer(
        exchange,
        this,
        each -> {
          var request = each.request();
          if (faults.has(Quirk.STORAGE_ASKS_FOR_CREDENTIALS)
              && !request.host().equals(tokenHost())) {
            return gate.collect((request.host().equals(plainHost()) ? plain : storage).url());
          }
          if (request.step() != Step.TOKEN && request.header("Authorization") != null) {
            return Answer.text(
                400,
                "application/xml",
                "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed"
                    + "</Message></Error>");
          }
          return serve(each);
        });
  }

  private Answer serve(Exchange exchange) throws IOException {
    var request = exchange.request();
    return switch (request.step()) {
      case PING ->
          Answer.text(200, "application/json", "{}")
              .header("Docker-Distribution-API-Version", "registry/2.0");
      case TOKEN -> tokens.answer(exchange);
      case BLOB_HEAD, BLOB_GET -> blobs.get(request);
      case BLOB_DELETE -> blobs.delete(request);
      case STORAGE -> blobs.stored(request);
      case UPLOAD_POST -> uploads.post(exchange);
      case UPLOAD_PATCH -> uploads.patch(exchange);
      case UPLOAD_STATUS -> uploads.status(exchange);
      case UPLOAD_PUT -> uploads.put(exchange);
      case UPLOAD_DELETE -> uploads.delete(exchange);
      case MANIFEST_HEAD, MANIFEST_GET -> manifests.get(request);
      case MANIFEST_PUT -> manifests.put(exchange);
      case MANIFEST_DELETE -> manifests.delete(request);
      case TAGS -> lists.tags(request);
      case REFERRERS -> lists.referrers(request);
      case OTHER -> Answer.error(404, "UNSUPPORTED", "no such endpoint");
    };
  }

  @Override
  public void close() throws IOException {
    registry.close();
    storage.close();
    tokenServer.close();
    plain.close();
  }
}
