// SPDX-License-Identifier: Apache-2.0
package pipeline

class Stage {
  String name
  Closure environment
  Closure steps
  Map<String, Closure> post = [:]
}
