// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "text/split.hpp"
#include "unit/dockerfile/build_folder.hpp"

namespace {

const std::vector<std::string> lines{
    "# escape=`",
    "# check=skip=all",
    "ARG V=${X:-17}",
    "FROM a:${V} AS build",
    "FROM build",
    "FROM scratch AS other",
    "WORKDIR /b",
    "WORKDIR ../x",
    "ARG JAR=\"target/*.jar\"",
    "COPY --chown=1:2 ${JAR} \\\n  # note\n app.jar",
    "COPY --from=build --link [\"/b/out\", \"/x/\"]",
    "COPY --parents ./d/./x /p/",
    "COPY <<-\"E\" <<F /d/\n\tone\n\tE\ntwo\nF",
    "COPY d /d",
    "COPY target/a.jar /d/x",
    "ADD --exclude=**/x[a-z]* d /e/",
    "ADD a.tar /e",
    "RUN java -Djarmode=tools -jar app.jar extract --destination out",
    "RUN --mount=type=cache,target=/c <<X\nx\nX",
    "ENV A=\"${V%%.*}\" B=${A//x\\/y/z} C=${A:?why}",
    "ENV A b c",
    "LABEL 'a b'=c",
    "EXPOSE 80-81/udp $V",
    "VOLUME [\"/v\", \"/w\"]",
    "USER $A:${V}",
    "STOPSIGNAL SIGTERM",
    "SHELL [\"/bin/sh\", \"-c\"]",
    "HEALTHCHECK --interval=1m30s CMD [\"x\"]",
    "ONBUILD COPY a b",
    "ENTRYPOINT [\"a\",\"\\u00e9\"]",
    "CMD exec java $A",
};
const std::vector<std::string> pieces{
    "${",      "}",           "$",     "\\",       "`",    "\"",   "'",           "[",  "]",  "<<E",
    "--from=", "--chown=",    "..",    "/",        "**",   "*/",   "!",           "\n", "\r", "\t",
    "#",       "=",           ":-",    "//",       "%%",   "\xff", "\xc3",        " ",  ",",  "0",
    "-1",      "99999999999", "FROM ", "ONBUILD ", "\\\n", "[\"",  "\xef\xbb\xbf"};

using Random = std::minstd_rand;

std::size_t below(Random& random, std::size_t end) { return random() % end; }

std::string random_file(Random& random) {
  std::string text = "FROM scratch AS first\n";
  for (std::size_t i = 1 + below(random, 12); i > 0; --i) {
    text += lines[below(random, lines.size())] + "\n";
  }
  for (std::size_t i = below(random, 5); i > 0; --i) {
    const std::size_t at = below(random, text.size());
    switch (below(random, 4)) {
      case 0:
        text.erase(at, 1 + below(random, 6));
        break;
      case 1:
        text[at] = static_cast<char>(random());
        break;
      case 2:
        text.insert(at, std::string(1 + below(random, 300), text[at]));
        break;
      default:
        text.insert(at, pieces[below(random, pieces.size())]);
        break;
    }
    if (text.empty()) text = "\n";
  }
  return text;
}

// "Dockerfile:12: …", where 12 is a line of the file; or of the whole file, which is told without.
bool names_a_line(std::string_view message, const std::string& text) {
  constexpr std::string_view name = "Dockerfile:";
  if (!message.starts_with(name)) return false;
  message.remove_prefix(name.size());
  if (message.starts_with(" has no ")) return true;
  const auto number = text::find_number(message.substr(0, message.find(':')));
  return number && *number >= 1 && *number <= text::split(text, '\n').size();
}

}  // namespace

TEST_CASE("whatever a Dockerfile holds, it becomes a plan, or an error that names a line") {
  build_folder::Folder folder;
  folder.add_all({"target/a.jar", "d/x", "d/y/z", "a.tar"});
  Random random(11);
  int plans = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_file(random);
    try {
      folder.plan(text);
      ++plans;
    } catch (const base::Error& error) {
      CAPTURE(text);
      CHECK_MESSAGE(names_a_line(error.message(), text), error.message());
    }
  }
  CHECK(plans > 100);
}
