// SPDX-License-Identifier: Apache-2.0
//
// Reads a Jenkinsfile into a Pipeline and refuses, before anything runs, what Jenkins would refuse
// and what this runner does not have. The text is ordinary Groovy: `stage('x') { … }` is a call with
// a closure. Each kind of block is given as a map from the names allowed in it to what they do.
package pipeline

import org.codehaus.groovy.control.CompilerConfiguration

class Declarative {
  /** In the order in which they run. */
  static final List<String> POST_CONDITIONS =
      ['always', 'aborted', 'failure', 'success', 'unstable', 'unsuccessful', 'cleanup']

  static Pipeline read(File jenkinsfile) {
    def configuration = new CompilerConfiguration(scriptBaseClass: PipelineScript.name)
    try {
      def script = new GroovyShell(Declarative.classLoader, new Binding(), configuration)
          .parse(jenkinsfile.getText('UTF-8'), 'Jenkinsfile')
      script.run()
      if (!script.declared) throw new Refused('no pipeline block')
      return script.declared
    } catch (GroovyRuntimeException e) {
      throw new Refused(e.message)
    }
  }

  static Pipeline readPipeline(Closure body) {
    def pipeline = new Pipeline()
    def where = 'pipeline'
    Block.read(where, body, [
      agent: { pipeline.agent = it instanceof Closure ? readAgent(it) : it },
      environment: { pipeline.environment = it },
      options: { Closure options -> readOptions(options, pipeline) },
      stages: { Closure stages -> readStages(stages, pipeline) },
      post: { Closure post -> pipeline.post = readPost(post, where) },
    ], [any: 'any'])
    if (!pipeline.agent) throw new Refused("missing 'agent' in pipeline")
    if (!pipeline.stages) throw new Refused("missing 'stages' in pipeline, or no stage in it")
    return pipeline
  }

  /** All labels mean this machine. */
  private static String readAgent(Closure body) {
    def label = null
    Block.read('agent', body, [label: { label = it.toString() }])
    return label
  }

  private static void readOptions(Closure body, Pipeline pipeline) {
    Block.read('options', body, [
      disableConcurrentBuilds: { Map ignored = [:] -> pipeline.disableConcurrentBuilds = true },
      skipStagesAfterUnstable: { -> pipeline.skipStagesAfterUnstable = true },
      timeout: { Map limit -> pipeline.timeoutMs = readTimeout(limit) },
    ])
  }

  private static long readTimeout(Map limit) {
    def unknown = limit.keySet().find { !(it in ['time', 'unit']) }
    if (unknown) throw new Refused("option 'timeout' has no parameter '$unknown'; it has time, unit")
    def unit = java.util.concurrent.TimeUnit.valueOf(limit.unit ?: 'MINUTES')
    return unit.toMillis(limit.time as long)
  }

  private static void readStages(Closure body, Pipeline pipeline) {
    Block.read('stages', body, [stage: { String name, Closure stage ->
      if (pipeline.stages.any { it.name == name }) throw new Refused("two stages are named '$name'")
      pipeline.stages << readStage(name, stage)
    }])
  }

  private static Stage readStage(String name, Closure body) {
    def stage = new Stage(name: name)
    def where = "stage '$name'"
    Block.read(where, body, [
      environment: { stage.environment = it },
      steps: { stage.steps = it },
      post: { Closure post -> stage.post = readPost(post, where) },
    ])
    if (!stage.steps) throw new Refused("missing 'steps' in $where")
    checkSteps(stage.steps, where)
    return stage
  }

  private static Map<String, Closure> readPost(Closure body, String where) {
    def conditions = [:]
    Block.read("post of $where", body, POST_CONDITIONS.collectEntries { condition ->
      [condition, { Closure steps ->
        checkSteps(steps, "post { $condition } of $where")
        conditions[condition] = steps
      }]
    })
    if (!conditions) throw new Refused("no condition in post of $where")
    return conditions
  }

  /** Calls the closure with steps that do nothing, to see that it names only what exists. */
  private static void checkSteps(Closure steps, String where) {
    int count = 0
    def checker = new Object() {
      def invokeMethod(String name, Object arguments) {
        StepCatalogue.arguments(name, arguments)
        count++
        return ''
      }

      def getProperty(String name) { name == 'env' ? [:].withDefault { '' } : '' }
    }
    try {
      def body = steps.clone() as Closure
      body.delegate = checker
      body.resolveStrategy = Closure.DELEGATE_ONLY
      body.call()
    } catch (Refused e) {
      throw new Refused("$e.message (in $where)")
    }
    if (count == 0) throw new Refused("no steps in $where")
  }
}
