// SPDX-License-Identifier: Apache-2.0
//
// The `sh` step as the durable-task plugin runs it: a detached `sh -xe` under nohup, its output in
// a file that is looked at from time to time, its exit code in another. Stdin is empty, stdout is
// never a terminal, SIGHUP and SIGINT are ignored from the start.
//
// Two things differ. The pause between looks stops growing at 1 s (15 s in Jenkins), for a person
// waits. And a lost wrapper shows by its process id instead of by a log file it no longer touches.
package pipeline

import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest

class ShellStep {
  static final int REMOTE_TIMEOUT_MS = 20_000
  static final int FIRST_PAUSE_MS = 250
  static final int LONGEST_PAUSE_MS = 1_000

  // $1 cookie, $2 script, $3 log, $4 stdout or empty, $5 result, $6 process id; then the interpreter.
  private static final String WRAPPER = '''
    cookie=$1 script=$2 log=$3 output=${4:-$3} result=$5 pid=$6
    shift 6
    (
      if [ "$output" = "$log" ]; then
        JENKINS_SERVER_COOKIE=$cookie "$@" "$script" >"$log" 2>&1
      else
        JENKINS_SERVER_COOKIE=$cookie "$@" "$script" >"$output" 2>"$log"
      fi
      echo $? >"$result.tmp"
      mv "$result.tmp" "$result"
    ) >&- 2>&- &
    echo $! >"$pid"
  '''

  private final Build build
  private final Map<String, String> environment
  private final Path control
  private long shown = 0

  ShellStep(Build build, Map<String, String> environment) {
    this.build = build
    this.environment = environment
    control = build.temporary.resolve("durable-${UUID.randomUUID().toString().take(8)}")
  }

  /** Exit code and, when asked for, what the script printed to stdout. */
  Map run(String script, boolean returnStdout) {
    Files.createDirectories(control)
    try {
      start(script, returnStdout)
      int code = waitForResult()
      return [code: code, stdout: returnStdout ? text('output.txt') : null]
    } finally {
      control.toFile().deleteDir()
    }
  }

  private void start(String script, boolean returnStdout) {
    def file = control.resolve('script.sh')
    Files.write(file, script.getBytes('UTF-8'))
    def interpreter = ['sh', '-xe']
    if (script.startsWith('#!')) {
      file.toFile().setExecutable(true)
      interpreter = ['env']
    }
    Files.createFile(control.resolve('jenkins-log.txt'))
    def command = ['nohup', 'sh', '-c', WRAPPER, 'sh', cookie, file, control.resolve('jenkins-log.txt'),
                   returnStdout ? control.resolve('output.txt') : '',
                   control.resolve('jenkins-result.txt'), control.resolve('pid')] + interpreter
    def builder = new ProcessBuilder(command*.toString())
        .directory(build.workspace.toFile())
        .redirectInput(new File('/dev/null'))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
    builder.environment().clear()
    builder.environment().putAll(environment)
    builder.environment().put('JENKINS_SERVER_COOKIE', 'please-do-not-kill-me')
    builder.start().waitFor()
  }

  /** The same for all `sh` of one workspace. */
  private String getCookie() {
    def digest = MessageDigest.getInstance('SHA-256').digest(build.workspace.toString().getBytes('UTF-8'))
    return 'durable-' + digest.encodeHex()
  }

  private int waitForResult() {
    long pause = FIRST_PAUSE_MS
    while (true) {
      def cause = build.interruption.take()
      if (cause) stop(cause)

      def code = look()
      if (code != null) return code
      pause = showNewOutput() ? FIRST_PAUSE_MS : Math.min((long) (pause * 1.2), LONGEST_PAUSE_MS)
      build.interruption.waitFor(pause)
    }
  }

  /** The exit code, or null while the script runs. */
  private Integer look() {
    def result = control.resolve('jenkins-result.txt')
    boolean lost = !ProcessTree.isAlive(text('pid').trim() as long)
    if (Files.exists(result)) {
      showNewOutput()
      return text('jenkins-result.txt').trim() as int
    }
    if (!lost) return null
    showNewOutput()
    build.console.line('the shell around the script is gone and left no exit code')
    return -1
  }

  /** Asks the script's processes to end and waits for that; always throws. */
  private void stop(String cause) {
    build.console.line(cause)
    build.console.line('Sending interrupt signal to process')
    Thread.startDaemon { ProcessTree.killMarked('JENKINS_SERVER_COOKIE', cookie) }
    def deadline = System.currentTimeMillis() + REMOTE_TIMEOUT_MS
    def code = look()
    while (code == null && System.currentTimeMillis() < deadline) {
      showNewOutput()
      Thread.sleep(50)
      code = look()
    }
    build.console.line(code == null ? 'After 20s process did not stop' : "script returned exit code $code")
    throw new Interruption.Delivered(cause)
  }

  private boolean showNewOutput() {
    def log = new RandomAccessFile(control.resolve('jenkins-log.txt').toFile(), 'r')
    try {
      long length = log.length()
      if (length <= shown) return false
      byte[] bytes = new byte[(int) Math.min(length - shown, 1 << 20)]
      log.seek(shown)
      log.readFully(bytes)
      shown += bytes.length
      build.console.write(bytes)
      return shown == length || showNewOutput()
    } finally {
      log.close()
    }
  }

  private String text(String name) { new String(Files.readAllBytes(control.resolve(name)), 'UTF-8') }
}
