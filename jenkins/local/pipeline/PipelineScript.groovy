// SPDX-License-Identifier: Apache-2.0
package pipeline

/** The Jenkinsfile's own class: all it may say is pipeline { … }. */
abstract class PipelineScript extends Script {
  Pipeline declared

  void pipeline(Closure body) {
    if (declared) throw new Refused('more than one pipeline block')
    declared = Declarative.readPipeline(body)
  }

  def methodMissing(String name, Object arguments) {
    throw new Refused("unknown '$name' at the top of the file; known here: pipeline")
  }
}
