// SPDX-License-Identifier: Apache-2.0
//
// A01, A02: where appspec.yml is. B01: what should not be in a bundle.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "appspec/lint_context.hpp"
#include "text/human.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

constexpr std::string_view name = "appspec.yml";
constexpr std::string_view other_name = "appspec.yaml";

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80U                    ? 1
                               : lead >= 0xC2U && lead < 0xE0U ? 2
                               : lead >= 0xE0U && lead < 0xF0U ? 3
                               : lead >= 0xF0U && lead < 0xF5U ? 4
                                                               : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    }
    i += length;
  }
  return true;
}

std::string printable(std::string_view path) {
  std::string result;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20U || byte >= 0x7FU ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return result;
}

// The folder of version control that a path is in or under; empty when in none.
std::string find_history(std::string_view path) {
  constexpr std::array<std::string_view, 5> folders{".git", ".svn", ".hg", ".bzr", "CVS"};
  const auto parts = text::split(path, '/');
  std::string before;
  for (const auto part : parts) {
    before += part;
    if (std::find(folders.begin(), folders.end(), part) != folders.end()) return before;
    before += '/';
  }
  return {};
}

bool is_secret_name(std::string_view path) {
  constexpr std::array<std::string_view, 13> names{
      ".env",    ".netrc", "_netrc", ".git-credentials", ".pgpass",    ".htpasswd",       ".npmrc",
      ".pypirc", "id_rsa", "id_dsa", "id_ecdsa",         "id_ed25519", "credentials.json"};
  constexpr std::array<std::string_view, 5> endings{".p12", ".pfx", ".jks", ".keystore", ".ppk"};
  const auto last = file_name_of(path);
  return std::find(names.begin(), names.end(), last) != names.end() || last.starts_with(".env.") ||
         path.ends_with(".aws/credentials") || path.ends_with(".docker/config.json") ||
         std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return last.ends_with(ending); });
}

// Certificates have these endings too; only the key is a secret.
bool holds_private_key(const LintContext& context, const BundleFile& file) {
  constexpr std::array<std::string_view, 3> endings{".pem", ".key", ".crt"};
  const bool candidate = std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
    return std::string_view(file.path).ends_with(ending);
  });
  if (!candidate) return false;
  const auto text = context.find_text(file);
  return !text || text->find("PRIVATE KEY-----") != std::string::npos;
}

bool leads_out(const BundleFile& link) {
  if (link.link_target.starts_with('/')) return true;
  const auto slash = link.path.rfind('/');
  const auto folder = slash == std::string::npos ? "" : link.path.substr(0, slash + 1);
  return !plain_path(folder + link.link_target).inside;
}

void lint_entry(LintContext& context, const BundleFile& file) {
  if (!is_utf8(file.path)) {
    context.add_to_file(printable(file.path),
                        {.rule = "B01",
                         .message = "the name is not UTF-8",
                         .agent = "unpacks it under a name that depends on the host",
                         .fix = "rename the file"});
  }
  if (file.kind == FileKind::symlink && leads_out(file)) {
    context.add_to_file(
        file.path,
        {.rule = "B01",
         .message = fmt::format("the link leads out of the bundle, to {}", file.link_target),
         .agent = "unpacks it as it is; it means something else, or "
                  "nothing, on the host",
         .fix = "put the file itself into the bundle"});
  }
  const auto& wanted = context.options.wanted_secrets;
  const auto path = context.index.folder() + file.path;
  if (file.kind != FileKind::regular ||
      std::find(wanted.begin(), wanted.end(), path) != wanted.end()) {
    return;
  }
  if (is_secret_name(file.path) || holds_private_key(context, file)) {
    context.add_to_file(file.path,
                        {.rule = "B01",
                         .message = "this looks like a secret",
                         .agent = "keeps it on every host, in each of the last five revisions",
                         .fix = "leave it out; hosts read secrets from Parameter Store or Secrets "
                                "Manager"});
  }
}

}  // namespace

std::string find_stripped_folder(const BundleView& bundle) {
  std::set<std::string> top;
  bool holds_appspec = false;
  for (const auto& file : bundle.files) {
    const std::string_view path = file.path;
    const auto slash = path.find('/');
    const bool in_folder = slash != std::string_view::npos;
    if (!in_folder && file.kind != FileKind::directory) return {};
    top.insert(std::string(path.substr(0, slash)));
    if (top.size() > 1) return {};
    holds_appspec =
        holds_appspec || (in_folder && path.find('/', slash + 1) == std::string_view::npos &&
                          text::lower(path.substr(slash + 1)).find("appspec") != std::string::npos);
  }
  return holds_appspec ? *top.begin() + "/" : "";
}

void lint_appspec_name(LintContext& context) {
  const auto& index = context.index;
  const bool there = index.find_regular(name) != nullptr;
  const bool other = index.find_regular(other_name) != nullptr;
  if (there && !index.folder().empty()) {
    context.add_to_file(name,
                        {.rule = "A01",
                         .message = fmt::format("the bundle is one folder, {}", index.folder()),
                         .agent = "takes that folder for the root",
                         .fix = "pack the folder's contents",
                         .severity = Severity::advice});
  }
  if (other) {
    context.add_to_file(
        other_name,
        {.rule = "A02",
         .message =
             there ? "appspec.yml and appspec.yaml are both there" : "the name ends in .yaml",
         .agent = there ? "takes one in Install and may take the other in hooks"
                        : "finds it in Install; the hooks look for appspec.yml and fail",
         .fix = there ? "remove appspec.yaml" : "rename it to appspec.yml"});
  }
  if (there || other) return;
  std::string nested;
  for (const auto& [path, file] : index.entries()) {
    const auto last = text::lower(file_name_of(path));
    if (file.kind == FileKind::regular && (last == name || last == other_name)) {
      nested = path;
      break;
    }
  }
  context.add_to_file(
      "", {.rule = "A01",
           .message = "no appspec.yml in the bundle's root",
           .agent = "fails at the first hook, naming the path it looked for",
           .fix = nested.empty() ? "add appspec.yml next to the folder of scripts"
                                 : fmt::format("move {} to appspec.yml in the root", nested)});
}

void lint_contents(LintContext& context) {
  std::set<std::string> histories;
  std::uint64_t size = 0;
  for (const auto& [path, file] : context.index.entries()) {
    size += file.size;
    if (auto history = find_history(path); !history.empty()) {
      histories.insert(std::move(history));
    } else if (!path.empty()) {
      lint_entry(context, file);
    }
  }
  for (const auto& folder : histories) {
    context.add_to_file(folder, {.rule = "B01",
                                 .message = "history of a version control system",
                                 .agent = "unpacks it on every host",
                                 .fix = "leave it out"});
  }
  if (size <= context.options.large_bundle) return;
  context.add_to_file("", {.rule = "B01",
                           .message = fmt::format("{} unpacked", text::human_size(size)),
                           .agent = "keeps the last five revisions unpacked, and their archives",
                           .fix = "leave out what the hosts do not need; the application is in the "
                                  "image"});
}

}  // namespace appspec
