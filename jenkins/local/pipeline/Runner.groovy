// SPDX-License-Identifier: Apache-2.0
package pipeline

import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.StandardOpenOption

/** Runs a Pipeline from its first stage to its last post condition. */
class Runner {
  static final int ABORTED = 143

  private final Build build
  private final Pipeline pipeline
  private int exitCode = 0

  private Runner(Build build, Pipeline pipeline) {
    this.build = build
    this.pipeline = pipeline
  }

  /** The exit code of the whole run. */
  static int run(Build build, File jenkinsfile) {
    build.interruption.listenToSignals()
    try {
      return new Runner(build, Declarative.read(jenkinsfile)).runAll()
    } catch (Refused e) {
      build.console.line("$jenkinsfile: $e.message")
      build.console.line('Finished: FAILURE')
      return 2
    }
  }

  private int runAll() {
    Files.createDirectories(build.temporary)
    def turn = pipeline.disableConcurrentBuilds ? waitForTurn() : null
    try {
      build.console.line("Running $build.job #$build.number in $build.workspace")
      def timer = pipeline.timeoutMs ? build.interruption.after(pipeline.timeoutMs) : null
      runStages()
      timer?.close()
      runPost(pipeline.post, environmentOf(pipeline.environment))
    } finally {
      ProcessTree.killMarked('JENKINS_NODE_COOKIE', build.nodeCookie)
      turn?.close()
    }
    build.console.line("Finished: $build.result")
    return exitCode
  }

  /** Another build of this workspace goes first; ours waits, as in the queue. */
  private Closeable waitForTurn() {
    def channel = FileChannel.open(build.temporary.resolve('build.lock'),
                                   StandardOpenOption.CREATE, StandardOpenOption.WRITE)
    if (!channel.tryLock()) {
      build.console.line('Waiting for the build before to end')
      while (!channel.tryLock()) {
        build.interruption.deliver()
        build.interruption.waitFor(250)
      }
    }
    return channel
  }

  private void runStages() {
    for (stage in pipeline.stages) {
      build.console.line('[Pipeline] stage')
      build.console.line("[Pipeline] { ($stage.name)")
      if (build.result >= Build.Result.FAILURE) {
        build.console.line("Stage \"$stage.name\" skipped due to earlier failure(s)")
      } else if (build.result == Build.Result.UNSTABLE && pipeline.skipStagesAfterUnstable) {
        build.console.line("Stage \"$stage.name\" skipped due to earlier stage(s) marking the build as unstable")
      } else {
        runStage(stage)
      }
      build.console.line('[Pipeline] }')
    }
  }

  private void runStage(Stage stage) {
    def started = System.nanoTime()
    def environment = environmentOf(pipeline.environment, stage.environment) + [STAGE_NAME: stage.name]
    def problem = attempt(stage.steps, environment)
    def seconds = String.format(Locale.ROOT, '%.1f', (System.nanoTime() - started) / 1e9)
    build.console.line(problem ? "Stage \"$stage.name\" failed after $seconds s: $problem"
                               : "Stage \"$stage.name\" done in $seconds s")
    runPost(stage.post, environment)
  }

  /** What went wrong, or null. The first failure decides the exit code. */
  private String attempt(Closure steps, Map<String, String> environment) {
    try {
      def body = steps.clone() as Closure
      body.delegate = new Steps(build, environment)
      body.resolveStrategy = Closure.DELEGATE_ONLY
      body.call()
      if (build.result == Build.Result.UNSTABLE) exitCode = exitCode ?: 1
      return null
    } catch (Interruption.Delivered e) {
      build.worsen(Build.Result.ABORTED)
      exitCode = ABORTED
      return "aborted ($e.message)"
    } catch (StepFailed | Refused | GroovyRuntimeException e) {
      build.console.line("ERROR: $e.message")
      build.worsen(Build.Result.FAILURE)
      exitCode = exitCode ?: (e instanceof StepFailed ? e.exitCode : 1)
      return e.message
    }
  }

  private void runPost(Map<String, Closure> post, Map<String, String> environment) {
    Declarative.POST_CONDITIONS.each { condition ->
      if (!post[condition] || !applies(condition)) return
      build.console.line("[Pipeline] { (Post: $condition)")
      def problem = attempt(post[condition], environment)
      if (problem) build.console.line("Post condition \"$condition\" failed: $problem")
      build.console.line('[Pipeline] }')
    }
  }

  private boolean applies(String condition) {
    switch (condition) {
      case ['always', 'cleanup']: return true
      case 'unsuccessful': return build.result != Build.Result.SUCCESS
      default: return build.result.name() == condition.toUpperCase(Locale.ROOT)
    }
  }

  /** The build's variables and those of the `environment` blocks, each of which sees the ones before. */
  private Map<String, String> environmentOf(Closure... blocks) {
    def variables = new LinkedHashMap<String, String>(build.environment)
    blocks.findAll().each { block ->
      def body = block.clone() as Closure
      body.delegate = new EnvironmentBlock(variables)
      body.resolveStrategy = Closure.DELEGATE_ONLY
      body.call()
    }
    return variables
  }
}
