// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "support/program_output.hpp"
#include "support/push_project.hpp"

namespace support {

// A build context whose images need nothing but one static program:
//   /tool write FILE   writes $WORD there
//   /tool show FILE    prints it
//   /tool fail         complains and ends with 3
//   /tool wait         never ends
class RunProject : public PushProject {
 public:
  explicit RunProject(Login login = Login::none) : PushProject(login) {
    const auto& path = folder.path();
    write_file(path / "tool.cpp", R"(
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string>
int main(int, char** argv) {
  const std::string action = argv[1];
  if (action == "write") {
    const char* word = getenv("WORD");
    return std::fputs(word == nullptr ? "no word" : word, std::fopen(argv[2], "w")) < 0;
  }
  if (action == "show") {
    std::FILE* file = std::fopen(argv[2], "r");
    for (int c = 0; (c = std::fgetc(file)) != EOF;) std::putchar(c);
    return 0;
  }
  if (action == "wait") for (;;) pause();
  std::puts("so far so good");
  std::fputs("the tool has no heart for this\n", stderr);
  return 3;
}
)");
    output_of({"g++", "-static", "-o", "tool", "tool.cpp"}, path);
    write_file(path / ".dockerignore", "*\n!tool\n");
  }

  // A Dockerfile FROM scratch with the program and these lines; answers its name.
  std::string dockerfile(const std::string& lines) const {
    write_file(folder.path() / "Dockerfile", "FROM scratch\nLABEL stagecraft.test=" + mark +
                                                 "\nCOPY tool /tool\n" + lines +
                                                 "\nENTRYPOINT [\"/tool\", \"show\", \"/made\"]\n");
    return "Dockerfile";
  }

  // Where no engine's program is.
  std::map<std::string, std::string> no_programs() const {
    return {{"PATH", (folder.path() / "no-programs").string()}};
  }

  std::string mark = crypto::random_hex(6);  // a label of all that is built
};

}  // namespace support
