// SPDX-License-Identifier: Apache-2.0
package pipeline

import sun.misc.Signal
import sun.misc.SignalHandler

/**
 * The wish to abort the build: by SIGTERM, SIGINT or the timeout option. It is delivered once, to
 * the step that runs; the post steps that follow run undisturbed until the next one.
 */
class Interruption {
  static class Delivered extends RuntimeException {
    Delivered(String cause) { super(cause) }
  }

  private String pending

  synchronized void request(String cause) {
    if (!pending) pending = cause
    notifyAll()
  }

  /** The cause, or null when nobody asked. */
  synchronized String take() {
    def cause = pending
    pending = null
    return cause
  }

  /** Returns early when a request comes. */
  synchronized void waitFor(long milliseconds) {
    if (!pending) wait(milliseconds)
  }

  void deliver() {
    def cause = take()
    if (cause) throw new Delivered(cause)
  }

  void listenToSignals() {
    for (name in ['TERM', 'INT']) {
      Signal.handle(new Signal(name), { signal -> request("Aborted by SIG$signal.name") } as SignalHandler)
    }
  }

  /** Stops when the answer is closed. */
  Closeable after(long milliseconds) {
    def timer = new Timer(true)
    timer.schedule({ request('Timeout has been exceeded') } as TimerTask, milliseconds)
    return { timer.cancel() } as Closeable
  }
}
