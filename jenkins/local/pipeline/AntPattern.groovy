// SPDX-License-Identifier: Apache-2.0
package pipeline

import java.nio.file.Path

/** File patterns as Jenkins takes them from Ant: comma-separated, `**` for any number of folders. */
class AntPattern {
  /** The files below the root that match, relative to it, in order. */
  static List<Path> files(Path root, String includes, String excludes) {
    def wanted = expressions(includes)
    def unwanted = expressions(excludes)
    def matching = []
    root.eachFileRecurse(groovy.io.FileType.FILES) { file ->
      def relative = root.relativize(file)
      def matches = { relative.toString() ==~ it }
      if (wanted.any(matches) && !unwanted.any(matches)) matching << relative
    }
    return matching.sort()
  }

  private static List<String> expressions(String patterns) {
    patterns.tokenize(',')*.trim().collect { pattern ->
      def whole = pattern.endsWith('/') ? "$pattern**" : pattern
      whole.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]+/) { token ->
        switch (token) {
          case '**/': return '(?:[^/]+/)*'
          case '**': return '.*'
          case '*': return '[^/]*'
          case '?': return '[^/]'
          default: return java.util.regex.Pattern.quote(token)
        }
      }
    }
  }
}
