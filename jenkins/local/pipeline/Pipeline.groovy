// SPDX-License-Identifier: Apache-2.0
package pipeline

/** A Jenkinsfile as read; the closures are its `environment`, `steps` and post conditions. */
class Pipeline {
  String agent
  Closure environment
  boolean disableConcurrentBuilds
  boolean skipStagesAfterUnstable
  Long timeoutMs
  List<Stage> stages = []
  Map<String, Closure> post = [:]
}
