// SPDX-License-Identifier: Apache-2.0
//
// P01 to P09: owners, modes and the rest, on what this deployment installs.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "appspec/acl_entry.hpp"
#include "appspec/install_plan.hpp"
#include "appspec/lint_context.hpp"
#include "appspec/plain_scalar.hpp"
#include "text/split.hpp"

namespace appspec {
namespace {

using yaml::Node;
using yaml::NodeKind;

constexpr std::string_view rejects = "rejects the appspec at the first hook";
constexpr std::string_view raises = "fails at the first hook with a NoMethodError";

// One item of `permissions`, as far as it can be understood.
struct Permission {
  const Node* item{};
  const Node* object{};
  std::string path{};  // of the object, expanded
  std::string pattern = "**";
  std::vector<std::string> except{};
  bool files = true;
  bool folders = true;
  std::optional<unsigned> mode{};
};

bool is_absent(const Node* node) { return node == nullptr || node->kind == NodeKind::null; }

bool is_mode(std::string_view text) {
  return !text.empty() && text.size() <= 4 &&
         text.find_first_not_of("01234567") == std::string_view::npos;
}

// The digits that the author wrote, when they are a mode in any notation.
std::string meant_mode(const Node& node) {
  std::string_view digits = node.text;
  if (digits.starts_with("0o")) digits.remove_prefix(2);
  return is_mode(digits) ? std::string(digits) : "";
}

class PermissionLinter {
 public:
  PermissionLinter(LintContext& context, const SourceText& source, const Node& root)
      : context_(context), source_(source), plan_(install_plan(root, context.index)) {}

  void lint(const Node& item) {
    if (item.kind == NodeKind::alias) return;
    if (item.kind != NodeKind::map) {
      add(item, {.rule = "P01",
                 .message = fmt::format("{} is no map with an object", shown(item)),
                 .agent = std::string(raises),
                 .fix = "write '- object: …' and below it owner, group or mode"});
      return;
    }
    static const std::vector<std::string> known{"object", "pattern", "except",  "owner", "group",
                                                "mode",   "acls",    "context", "type"};
    lint_unknown_keys(context_, source_, item, "of a permission", known);
    Permission permission{.item = &item, .object = item.find("object")};
    lint_types(item, permission);
    lint_except(item, permission);
    lint_mode(item, permission);
    lint_acls(item);
    lint_security_context(item);
    if (!lint_object(permission)) return;
    if (const auto* pattern = item.find("pattern"); !is_absent(pattern)) {
      permission.pattern = to_ruby_string(*pattern);
    }
    lint_setuid(permission);
    lint_effect(permission);
  }

 private:
  void add(const Node& node, Remark remark) {
    context_.add(source_, node.place.offset, std::move(remark));
  }

  // The list of that name; null pointer when absent or no list, which is told.
  const Node* list(const Node& item, std::string_view name) {
    const auto* node = item.find(name);
    if (is_absent(node) || node->kind == NodeKind::alias) return nullptr;
    if (node->kind == NodeKind::list) return node;
    const bool scalar = node->kind == NodeKind::scalar;
    add(*node,
        {.rule = "P03",
         .message = fmt::format("{} is {}, not a list", name, shown(*node)),
         .agent = std::string(raises),
         .fix = scalar ? fmt::format("write {}: [{}]", name, shown(*node)) : "write a list"});
    return nullptr;
  }

  void lint_types(const Node& item, Permission& permission) {
    const auto* types = list(item, "type");
    if (types == nullptr) return;
    permission.files = permission.folders = false;
    for (const auto& type : types->items) {
      if (type.text == "file") {
        permission.files = true;
      } else if (type.text == "directory") {
        permission.folders = true;
      } else if (type.kind != NodeKind::alias) {
        add(type, {.rule = "P04",
                   .message = fmt::format("type {} is neither file nor directory", shown(type)),
                   .agent = std::string(rejects),
                   .fix = "write file or directory, in lower case"});
      }
    }
  }

  void lint_except(const Node& item, Permission& permission) {
    const auto* except = list(item, "except");
    if (except == nullptr) return;
    for (const auto& name : except->items) permission.except.push_back(to_ruby_string(name));
  }

  void lint_mode(const Node& item, Permission& permission) {
    const auto* mode = item.find("mode");
    if (is_absent(mode) || mode->kind == NodeKind::alias) return;
    const auto digits = to_ruby_string(*mode);
    const auto meant = meant_mode(*mode);
    auto edits = meant.empty() ? std::vector<Edit>{}
                               : replace_scalar(source_, mode->place, *mode, "'" + meant + "'");
    if (mode->kind != NodeKind::scalar || !is_mode(digits)) {
      const bool changed = digits != mode->text;
      add(*mode,
          {.rule = "P02",
           .message = changed ? fmt::format("mode {} is the number {} in YAML, which is no mode",
                                            mode->text, digits)
                              : fmt::format("mode {} is no file mode", shown(*mode)),
           .agent = std::string(rejects),
           .fix = meant.empty() ? "write up to four octal digits, in quotes"
                                : fmt::format("write '{}', in quotes", meant),
           .edits = std::move(edits)});
      return;
    }
    permission.mode = static_cast<unsigned>(std::stoul(digits, nullptr, 8));
    if (mode->quoted || digits == mode->text || permission.mode == meant_value(meant)) return;
    add(*mode, {.rule = "P07",
                .message = fmt::format("mode {} is the number {} in YAML", mode->text, digits),
                .agent = fmt::format("sets the mode 0{}", digits),
                .fix = fmt::format("write '{}', in quotes", meant.empty() ? digits : meant),
                .edits = std::move(edits)});
    if (!meant.empty()) permission.mode = meant_value(meant);
  }

  static std::optional<unsigned> meant_value(const std::string& digits) {
    if (digits.empty()) return std::nullopt;
    return static_cast<unsigned>(std::stoul(digits, nullptr, 8));
  }

  void lint_acls(const Node& item) {
    const auto* acls = list(item, "acls");
    if (acls == nullptr) return;
    for (const auto& entry : acls->items) {
      if (entry.kind == NodeKind::alias) continue;
      const auto problem = find_acl_problem(entry.text);
      if (problem.empty() && entry.kind == NodeKind::scalar) continue;
      add(entry, {.rule = "P06",
                  .message = fmt::format("acl entry {}: {}", shown(entry),
                                         problem.empty() ? "it is no text" : problem),
                  .agent = std::string(rejects),
                  .fix = "write u:name:rw, g:name:rx or m::rwx; owner, group and others are set "
                         "with mode"});
    }
  }

  void lint_security_context(const Node& item) {
    const auto* context = item.find("context");
    if (is_absent(context) || context->kind == NodeKind::alias) return;
    if (context->kind != NodeKind::map || is_absent(context->find("type"))) {
      add(*context, {.rule = "P05",
                     .message = "a context without type",
                     .agent = std::string(rejects),
                     .fix = "add type, such as httpd_sys_content_t"});
    } else if (is_absent(context->find("range"))) {
      add(*context, {.rule = "P05",
                     .message = "a context without range",
                     .agent = "fails with a NoMethodError in Install",
                     .fix = "add range, such as s0"});
    }
    const auto* user = context->find("user");
    if (user == nullptr) return;
    context_.add(source_, user->key_place.offset,
                 {.rule = "P08",
                  .message = "'user' of a context",
                  .agent = "ignores it: the key it reads is name",
                  .fix = "write 'name'",
                  .edits = context->find("name") == nullptr
                               ? replace_key(source_, user->key_place, "user", "name")
                               : std::vector<Edit>{}});
  }

  // True when there is an absolute object to look for.
  bool lint_object(Permission& permission) {
    const auto* object = permission.object;
    if (object != nullptr && object->kind == NodeKind::alias) return false;
    if (is_absent(object) || object->kind != NodeKind::scalar || text::trim(object->text).empty()) {
      add(*permission.item, {.rule = "P01",
                             .message = "a permission without object",
                             .agent = std::string(rejects),
                             .fix = "add object: the absolute path of what is installed"});
      return false;
    }
    const auto path = text::trim(object->text);
    if (!path.starts_with('/')) {
      add(*object,
          {.rule = "P08",
           .message = fmt::format("object {} is no absolute path", shown(*object)),
           .agent = "looks below its own working directory, finds nothing and does nothing",
           .fix = "begin it with /"});
      return false;
    }
    permission.path = expanded(path);
    return true;
  }

  void lint_setuid(const Permission& permission) {
    const auto& item = *permission.item;
    const bool owned = !is_absent(item.find("owner")) || !is_absent(item.find("group"));
    if (!owned || !permission.mode || (*permission.mode & 06000U) == 0) return;
    add(*item.find("mode"), {.rule = "P08",
                             .message = "a setuid or setgid mode with an owner or group",
                             .agent = "changes the owner last, which takes that bit away again",
                             .fix = "leave the bit out, or set it in a hook"});
  }

  bool matches(const Permission& permission, const std::string& path) const {
    const auto prefix = permission.path == "/" ? permission.path : permission.path + "/";
    if (!path.starts_with(prefix) || path == prefix) return false;
    const auto name = std::string_view(path).substr(prefix.size());
    const bool pattern = permission.pattern == "**" || is_glob_match(name, permission.pattern);
    return pattern && std::none_of(permission.except.begin(), permission.except.end(),
                                   [&](const auto& glob) { return is_glob_match(name, glob); });
  }

  // One level, "*" only, as the agent has it.
  static bool is_glob_match(std::string_view name, std::string_view glob) {
    if (name.find('/') != std::string_view::npos) return false;
    std::size_t at = 0, in_glob = 0, star = std::string_view::npos, retry = 0;
    while (at < name.size()) {
      if (in_glob < glob.size() && glob[in_glob] == '*') {
        star = in_glob++;
        retry = at;
      } else if (in_glob < glob.size() && glob[in_glob] == name[at]) {
        ++in_glob;
        ++at;
      } else if (star != std::string_view::npos) {
        in_glob = star + 1;
        at = ++retry;
      } else {
        return false;
      }
    }
    return glob.find_first_not_of('*', in_glob) == std::string_view::npos;
  }

  void lint_effect(const Permission& permission) {
    std::vector<std::string> matched;
    bool folder_matched = false;
    if (plan_.copies.contains(permission.path)) {
      lint_file_object(permission);
      if (permission.files) matched.push_back(permission.path);
    } else {
      for (const auto& [path, target] : plan_.copies) {
        if (permission.files && matches(permission, path)) matched.push_back(path);
      }
      for (const auto& path : plan_.folders) {
        if (!permission.folders || !matches(permission, path)) continue;
        matched.push_back(path);
        folder_matched = true;
      }
      // Destinations are made by the agent when the host has them not yet.
      for (const auto& path : plan_.destinations) {
        folder_matched = folder_matched || (permission.folders && matches(permission, path));
      }
    }
    lint_nothing_matched(permission, matched.empty() && !folder_matched);
    if (folder_matched) lint_folder_mode(permission);
    lint_overlap(permission, matched);
  }

  void lint_file_object(const Permission& permission) {
    if (!permission.files || (permission.pattern == "**" && permission.except.empty())) return;
    const auto* pattern = permission.item->find("pattern");
    add(permission.pattern == "**" ? *permission.item->find("except") : *pattern,
        {.rule = "P09",
         .message =
             fmt::format("{} is a file, to which pattern and except do not apply", permission.path),
         .agent = "fails in Install, after the last release's files are removed",
         .fix = "remove pattern and except, or name the folder as object"});
  }

  void lint_nothing_matched(const Permission& permission, bool nothing) {
    if (!nothing || !plan_.complete) return;
    add(*permission.object,
        {.rule = "P08",
         .message = fmt::format("object {} is nothing that this deployment installs",
                                shown(*permission.object)),
         .agent = "does nothing, also when the owner does not exist: only what files copies counts",
         .fix = "name a destination of files or what is below one, or use chown in a hook"});
  }

  void lint_folder_mode(const Permission& permission) {
    if (!permission.mode) return;
    const auto readable = (*permission.mode & 0444U) >> 2U;
    if ((readable & ~*permission.mode & 0111U) == 0) return;
    add(*permission.item->find("mode"),
        {.rule = "P08",
         .message = fmt::format("mode {:04o} also goes to folders, which nobody can enter then",
                                *permission.mode),
         .agent = "sets it on files and folders alike",
         .fix = "add 'type: [file]', and a second permission with 'type: [directory]' if need be"});
  }

  void lint_overlap(const Permission& permission, const std::vector<std::string>& matched) {
    for (const auto& path : matched) {
      const auto [owner, is_new] = owners_.try_emplace(path, permission.item);
      if (is_new) continue;
      const auto line = source_.spot(owner->second->place.offset).line;
      add(*permission.item,
          {.rule = "P09",
           .message = fmt::format("{} has the permission in line {} already", path, line),
           .agent = "fails in Install, after the last release's files are removed",
           .fix = "let one permission match each path: pattern, except and type tell them apart"});
      return;
    }
  }

  LintContext& context_;
  const SourceText& source_;
  InstallPlan plan_;
  std::map<std::string, const Node*> owners_;  // which permission a path has
};

}  // namespace

void lint_permissions(LintContext& context, const SourceText& source, const Node& root) {
  const auto* permissions = root.find("permissions");
  if (is_absent(permissions) || permissions->kind == NodeKind::alias) return;
  if (permissions->kind != NodeKind::list) {
    context.add(source, permissions->place.offset,
                {.rule = "P03",
                 .message = fmt::format("permissions is {}, not a list", shown(*permissions)),
                 .agent = "fails at the first hook with a TypeError or NoMethodError",
                 .fix = "begin each item with a dash"});
    return;
  }
  PermissionLinter linter(context, source, root);
  for (const auto& item : permissions->items) linter.lint(item);
}

}  // namespace appspec
