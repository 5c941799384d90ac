// SPDX-License-Identifier: Apache-2.0
package pipeline

import java.nio.file.Files
import java.nio.file.Path

/** One run of a job: where it lives, what its processes see, how it stands. */
class Build {
  Path workspace
  Path home
  String job
  int number

  /** From good to bad; a build's result never gets better. */
  enum Result { SUCCESS, UNSTABLE, FAILURE, ABORTED }

  Result result = Result.SUCCESS
  final Interruption interruption = new Interruption()

  /** Marks all processes of this build, so that none outlives it. */
  final String nodeCookie = UUID.randomUUID()

  void worsen(Result other) {
    if (other > result) result = other
  }

  Path getFolder() { home.resolve("jobs/$job/builds/$number") }

  /** Beside the workspace, never in it: what git and the tools see stays clean. */
  Path getTemporary() { workspace.resolveSibling("${workspace.fileName}@tmp") }

  @Lazy Console console = {
    Files.createDirectories(folder)
    new Console(folder.resolve('log'))
  }()

  /** What Jenkins adds to the agent's own environment. No JENKINS_URL: there is no server. */
  @Lazy Map<String, String> environment = {
    System.getenv() + [
      CI: 'true',
      BUILD_NUMBER: "$number".toString(),
      BUILD_ID: "$number".toString(),
      BUILD_DISPLAY_NAME: "#$number".toString(),
      BUILD_TAG: "jenkins-${job.replace('/', '-')}-$number".toString(),
      JOB_NAME: job,
      JOB_BASE_NAME: job.tokenize('/').last(),
      JENKINS_HOME: home.toString(),
      JENKINS_NODE_COOKIE: nodeCookie,
      EXECUTOR_NUMBER: '0',
      NODE_NAME: 'built-in',
      NODE_LABELS: 'built-in',
      WORKSPACE: workspace.toString(),
      WORKSPACE_TMP: temporary.toString(),
    ] + checkout()
  }()

  /** What Declarative's own checkout sets; nothing when the workspace is no git work tree. */
  private Map<String, String> checkout() {
    def git = { String... arguments ->
      def process = (['git', '-C', workspace.toString()] + (arguments as List)).execute()
      def text = process.inputStream.text.trim()
      process.waitFor() == 0 ? text : null
    }
    def commit = git('rev-parse', '--verify', 'HEAD')
    if (!commit) return [:]
    def found = [GIT_COMMIT: commit]
    def branch = git('symbolic-ref', '--short', 'HEAD')
    if (branch) found.GIT_BRANCH = branch
    def url = git('config', '--get', 'remote.origin.url')
    if (url) found.GIT_URL = url
    return found
  }
}
