// SPDX-License-Identifier: Apache-2.0
package pipeline

/** The Jenkinsfile says something this runner, or Jenkins, does not understand. */
class Refused extends RuntimeException {
  Refused(String message) { super(message) }
}
