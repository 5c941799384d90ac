// SPDX-License-Identifier: Apache-2.0
#include "appspec/acl_entry.hpp"

#include <algorithm>
#include <vector>

#include "text/split.hpp"

namespace appspec {
namespace {

bool is_either(std::string_view word, std::string_view shorter, std::string_view longer) {
  return word == shorter || word == longer;
}

bool is_default(std::string_view word) { return is_either(word, "d", "default"); }

// "user", "group", "mask", "other"; empty for anything else.
std::string_view type_of(std::string_view word) {
  if (is_either(word, "u", "user")) return "user";
  if (is_either(word, "g", "group")) return "group";
  if (is_either(word, "m", "mask")) return "mask";
  if (is_either(word, "o", "other")) return "other";
  return {};
}

}  // namespace

// [default:][type:]name:permissions, where the name's place may hold m or o as the type.
std::string find_acl_problem(std::string_view entry) {
  const auto parts = text::split(entry, ':');
  if (parts.size() < 2 || parts.size() > 4) return "it has not two to four parts";
  bool is_default_entry = parts.size() == 4;
  if (is_default_entry && !is_default(parts[0])) return "four parts begin with d or default";
  std::string_view type;
  if (parts.size() >= 3) {
    const auto word = parts[parts.size() - 3];
    if (is_default(word)) {
      if (is_default_entry) return "default twice";
      is_default_entry = true;
    } else {
      type = type_of(word);
      if (type.empty()) return "the type is none of u, g, m, o";
    }
  }
  auto name = parts[parts.size() - 2];
  if (type.empty()) {
    const auto named = type_of(name);
    const bool is_type = named == "mask" || named == "other";
    type = is_type ? named : "user";
    if (is_type) name = {};
  }
  if ((type == "mask" || type == "other") && !name.empty()) return "mask and other have no name";
  if (!is_default_entry && type != "mask" && name.empty()) return "a base entry is set with mode";
  const auto permissions = parts.back();
  const bool digit = permissions.size() == 1 && permissions[0] >= '0' && permissions[0] <= '7';
  if (!digit && permissions.find_first_not_of("rwx-") != std::string_view::npos) {
    return "permissions are r, w, x, - or one octal digit";
  }
  return {};
}

}  // namespace appspec
