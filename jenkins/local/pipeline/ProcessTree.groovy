// SPDX-License-Identifier: Apache-2.0
//
// How Jenkins ends processes (hudson.util.ProcessTree on Unix): every process whose environment at
// its start held the cookie gets SIGTERM, its children before it, and five seconds to go before the
// next one's turn. There is no SIGKILL: a process that ignores SIGTERM lives on.
package pipeline

class ProcessTree {
  static final int SOFT_KILL_WAIT_MS = 5_000

  private final Map<Long, Long> parents = [:]

  ProcessTree() {
    new File('/proc').list().findAll { it.isLong() }.each { name ->
      def fields = statusOf(name as long)
      if (fields) parents[name as long] = fields[1] as long
    }
  }

  static void killMarked(String variable, String value) {
    def tree = new ProcessTree()
    tree.parents.keySet().findAll { environmentOf(it).contains("$variable=$value".toString()) }
        .each { tree.killRecursively(it) }
  }

  private void killRecursively(long pid) {
    parents.findAll { it.value == pid }.keySet().each { killRecursively(it) }
    terminate(pid)
  }

  private static void terminate(long pid) {
    if (!isAlive(pid)) return
    ['sh', '-c', 'kill -TERM "$1"', 'sh', pid.toString()].execute().waitFor()
    def deadline = System.currentTimeMillis() + SOFT_KILL_WAIT_MS
    for (long pause = 10; isAlive(pid) && System.currentTimeMillis() < deadline;
         pause = Math.min(pause * 2, 1_000)) {
      Thread.sleep(pause)
    }
  }

  static boolean isAlive(long pid) {
    def fields = statusOf(pid)
    return fields && !(fields[0] in ['Z', 'X'])
  }

  /** State, parent and so on; null when the process is gone. The name before them may hold anything. */
  private static List<String> statusOf(long pid) {
    try {
      def text = new File("/proc/$pid/stat").getText('ISO-8859-1')
      return text.substring(text.lastIndexOf(')') + 1).trim().tokenize(' ')
    } catch (IOException ignored) {
      return null
    }
  }

  private static List<String> environmentOf(long pid) {
    try {
      return new File("/proc/$pid/environ").getText('ISO-8859-1').tokenize('\0')
    } catch (IOException ignored) {  // gone, or another user's
      return []
    }
  }
}
