package dev.osimage.oci.http;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Request;

/**
 * The requests that run, until their answers have been read: OkHttp's own list forgets a request as
 * soon as its answer begins.
 */
final class RunningCalls extends EventListener {

  private final Set<Call> calls = ConcurrentHashMap.newKeySet();
  private volatile boolean ended;

  boolean ended() {
    return ended;
  }

  /** Ends those that run, and every one that comes. */
  void end() {
    ended = true;
    calls.forEach(Call::cancel);
  }

  /** Ends those of these requests that run. */
  void cancel(Predicate<Request> requests) {
    calls.stream().filter(call -> requests.test(call.request())).forEach(Call::cancel);
  }

  @Override
  public void callStart(Call call) {
    calls.add(call);
    if (ended) {
      call.cancel();
    }
  }

  @Override
  public void callEnd(Call call) {
    calls.remove(call);
  }

  @Override
  public void callFailed(Call call, IOException failure) {
    calls.remove(call);
  }
}
