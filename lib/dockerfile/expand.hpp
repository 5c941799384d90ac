// SPDX-License-Identifier: Apache-2.0
//
// Variables and quotes of a Dockerfile's words, as BuildKit's shell lexer reads them: close to a
// POSIX shell's, without commands, and with patterns (#, %, /) whose "*" matches anything.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace dockerfile {

using Variables = std::map<std::string, std::string, std::less<>>;

enum class Quotes { removed, kept, ordinary };  // ordinary: a quote is a character like others
enum class Escapes { removed, kept };           // kept: the escape character stays in the text
enum class Unset { empty, kept };               // kept: "$name" stays as it is

struct ExpandOptions {
  char escape = '\\';
  Quotes quotes = Quotes::removed;
  Escapes escapes = Escapes::removed;
  Unset unset = Unset::empty;
};

struct Expansion {
  std::string text{};
  std::vector<std::string> words{};   // the text cut at spaces that were not quoted
  std::set<std::string> undefined{};  // used without a value and without ${name:-default}
};

// Throws refused with the reason for a broken substitution, an open quote, ${name:?message} without
// a value, or a result beyond 1 MiB.
Expansion expand(std::string_view word, const Variables& variables,
                 const ExpandOptions& options = {});

}  // namespace dockerfile
