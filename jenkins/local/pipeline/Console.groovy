// SPDX-License-Identifier: Apache-2.0
package pipeline

import java.nio.file.Files
import java.nio.file.Path

/** The build's log, shown as it grows and kept in the build's folder. */
class Console {
  private final OutputStream kept

  Console(Path file) { kept = Files.newOutputStream(file) }

  void line(Object text) { write("$text\n".getBytes('UTF-8')) }

  /** Whoever reads our output may be gone (EPIPE); the build and its kept log go on. */
  synchronized void write(byte[] bytes) {
    kept.write(bytes)
    kept.flush()
    System.out.write(bytes, 0, bytes.length)
    System.out.flush()
  }
}
