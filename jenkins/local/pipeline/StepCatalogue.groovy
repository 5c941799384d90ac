// SPDX-License-Identifier: Apache-2.0
package pipeline

/** The steps this runner knows and what may be said to each. */
class StepCatalogue {
  /** The first parameter is the one that may stand alone: sh 'make'. */
  private static final Map<String, List<String>> PARAMETERS = [
    sh: ['script', 'label', 'returnStatus', 'returnStdout'],
    echo: ['message'],
    error: ['message'],
    unstable: ['message'],
    archiveArtifacts: ['artifacts', 'excludes', 'fingerprint', 'allowEmptyArchive'],
  ]

  /** One call's arguments by name. */
  static Map<String, Object> arguments(String step, Object given) {
    def known = PARAMETERS[step]
    if (!known) throw new Refused("unknown step '$step'; this runner has ${PARAMETERS.keySet().join(', ')}")
    def values = given as List
    if (values.size() != 1) throw new Refused("step '$step' needs its '${known[0]}' or named parameters")

    def named = values[0] instanceof Map ? values[0] : [(known[0]): values[0]]
    def unknown = named.keySet().find { !(it in known) }
    if (unknown) {
      throw new Refused("step '$step' has no parameter '$unknown'; it has ${known.join(', ')}")
    }
    if (named[known[0]] == null) throw new Refused("step '$step' needs '${known[0]}'")
    if (step == 'sh') checkShell(named)
    return named
  }

  private static void checkShell(Map named) {
    if (named.returnStatus && named.returnStdout) {
      throw new Refused("step 'sh': returnStatus and returnStdout exclude each other")
    }
    if (named.label?.toString()?.size() > 100) {
      throw new Refused("step 'sh': a label has at most 100 characters")
    }
  }
}
