// SPDX-License-Identifier: Apache-2.0
package pipeline

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.security.MessageDigest

/** What the closures of `steps` and of the post conditions call. */
class Steps {
  private final Build build
  private final Map<String, String> environment

  Steps(Build build, Map<String, String> environment) {
    this.build = build
    this.environment = environment
  }

  def invokeMethod(String name, Object given) {
    def arguments = StepCatalogue.arguments(name, given)
    build.console.line("[Pipeline] $name${arguments.label ? " ($arguments.label)" : ''}")
    build.interruption.deliver()
    return this."run${name.capitalize()}"(arguments)
  }

  def getProperty(String name) {
    if (name == 'env') return environment
    if (environment.containsKey(name)) return environment[name]
    throw new Refused("no such property: $name")
  }

  private runSh(Map arguments) {
    def shell = new ShellStep(build, environment)
    def ended = shell.run(arguments.script.toString(), arguments.returnStdout as boolean)
    if (arguments.returnStatus) return ended.code
    if (ended.code != 0) {
      if (ended.stdout) build.console.line(ended.stdout)
      throw new StepFailed("script returned exit code $ended.code", ended.code)
    }
    return ended.stdout
  }

  private void runEcho(Map arguments) { build.console.line(arguments.message) }

  private void runError(Map arguments) { throw new StepFailed(arguments.message.toString()) }

  private void runUnstable(Map arguments) {
    build.console.line("WARNING: $arguments.message")
    build.worsen(Build.Result.UNSTABLE)
  }

  private void runArchiveArtifacts(Map arguments) {
    build.console.line('Archiving artifacts')
    def found = AntPattern.files(build.workspace, arguments.artifacts.toString(),
                                 arguments.excludes?.toString() ?: '')
    if (!found) {
      def nothing = "No artifacts found that match the file pattern \"$arguments.artifacts\""
      if (!arguments.allowEmptyArchive) throw new StepFailed("$nothing. Configuration error?")
      build.console.line("$nothing.")
      return
    }
    found.each { archive(it) }
    if (arguments.fingerprint) {
      build.console.line('Recording fingerprints')
      build.folder.resolve('fingerprints').append(found.collect { "${md5(it)}  $it\n" }.join())
    }
  }

  private void archive(Path relative) {
    def copy = build.folder.resolve('archive').resolve(relative)
    Files.createDirectories(copy.parent)
    Files.copy(build.workspace.resolve(relative), copy, StandardCopyOption.REPLACE_EXISTING)
  }

  private String md5(Path relative) {
    def bytes = Files.readAllBytes(build.workspace.resolve(relative))
    return MessageDigest.getInstance('MD5').digest(bytes).encodeHex()
  }
}
