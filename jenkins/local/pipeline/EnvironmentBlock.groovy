// SPDX-License-Identifier: Apache-2.0
package pipeline

/** environment { NAME = 'value' }: assignments fill the map, names read from it. */
class EnvironmentBlock {
  private final Map<String, String> variables

  EnvironmentBlock(Map<String, String> variables) { this.variables = variables }

  void setProperty(String name, Object value) { variables.put(name, value.toString()) }

  def getProperty(String name) {
    if (name == 'env') return variables
    if (variables.containsKey(name)) return variables.get(name)
    throw new Refused("no such variable in environment: $name")
  }

  def invokeMethod(String name, Object arguments) {
    throw new Refused("unknown '$name' in environment; only NAME = 'value' is known here")
  }
}
