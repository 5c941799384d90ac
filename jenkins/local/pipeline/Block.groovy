// SPDX-License-Identifier: Apache-2.0
package pipeline

/** One block being read: only the names given may be used in it. */
class Block {
  private final String where
  private final Map<String, Closure> calls
  private final Map<String, Object> words

  private Block(String where, Map<String, Closure> calls, Map<String, Object> words) {
    this.where = where
    this.calls = calls
    this.words = words
  }

  static void read(String where, Closure body, Map<String, Closure> calls, Map<String, Object> words = [:]) {
    body.delegate = new Block(where, calls, words)
    body.resolveStrategy = Closure.DELEGATE_ONLY
    body.call()
  }

  def invokeMethod(String name, Object arguments) {
    def call = calls[name]
    if (!call) throw new Refused("unknown '$name' in $where; known here: ${calls.keySet().join(', ')}")
    return call.call(*(arguments as List))
  }

  def getProperty(String name) {
    if (words.containsKey(name)) return words[name]
    throw new Refused("unknown word '$name' in $where")
  }
}
