// SPDX-License-Identifier: Apache-2.0
package pipeline

class StepFailed extends RuntimeException {
  final int exitCode

  StepFailed(String message, int exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
