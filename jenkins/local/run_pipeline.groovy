// SPDX-License-Identifier: Apache-2.0
//
// Runs a declarative Jenkinsfile on this machine, without a Jenkins: the same `sh`, environment,
// abort and post conditions, for the part of the language the sample uses. Anything else in the file
// (a step, a parameter, an option) is refused by name before the first stage.
//
//   groovy jenkins/local/run_pipeline.groovy --jenkinsfile F --workspace DIR --job NAME --build N
//                                            [--home DIR]
//
// The workspace is taken as checked out. Logs and artifacts go to DIR@home, or to --home. Exit code:
// that of the `sh` that failed; 1 for any other failure; 2 for a Jenkinsfile or an argument that was
// refused; 143 when aborted by SIGTERM, SIGINT or the timeout.

import java.nio.file.Files
import java.nio.file.Paths

// The classes beside this script, wherever it was started from.
def here = Paths.get(getClass().protectionDomain.codeSource.location.toURI()).parent
def loader = getClass().classLoader
loader.addClasspath(here.toString())

def usage(String problem) {
  System.err.println "run_pipeline: $problem"
  System.err.println 'usage: run_pipeline.groovy --jenkinsfile F --workspace DIR --job NAME --build N' +
      ' [--home DIR]'
  System.exit 2
}

def options = [:]
for (int i = 0; i < args.length; i += 2) {
  def name = args[i] - '--'
  if (!(name in ['jenkinsfile', 'workspace', 'job', 'build', 'home'])) usage "unknown option ${args[i]}"
  if (i + 1 == args.length) usage "option ${args[i]} needs a value"
  options[name] = args[i + 1]
}
for (name in ['jenkinsfile', 'workspace', 'job', 'build']) {
  if (!options[name]) usage "option --$name is missing"
}
if (!(options.build ==~ /[1-9][0-9]*/)) usage "--build is not a number: $options.build"

def jenkinsfile = Paths.get(options.jenkinsfile)
def workspace = Paths.get(options.workspace).toAbsolutePath().normalize()
if (!Files.isRegularFile(jenkinsfile)) usage "no such file: $jenkinsfile"
if (!Files.isDirectory(workspace)) usage "no such folder: $workspace"

def build = loader.loadClass('pipeline.Build').newInstance(
    workspace: workspace,
    home: options.home ? Paths.get(options.home).toAbsolutePath() : Paths.get("$workspace@home"),
    job: options.job,
    number: options.build as int)
System.exit loader.loadClass('pipeline.Runner').run(build, jenkinsfile.toFile())
