// SPDX-License-Identifier: Apache-2.0
#include "aws/profiles.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "file/file.hpp"
#include "text/split.hpp"

namespace aws {
namespace {

constexpr std::uint64_t most_bytes = 1U << 20U;

std::optional<std::string> find_in(const IniFile& file, std::string_view section,
                                   std::string_view key) {
  const auto* values = file.find(section);
  if (values == nullptr) return std::nullopt;
  const auto place = values->find(key);
  if (place == values->end() || place->second.empty()) return std::nullopt;
  return place->second;
}

// The config file writes [default] but [profile ci].
std::string config_section(std::string_view profile) {
  return profile == "default" ? std::string(profile) : "profile " + std::string(profile);
}

// "[ profile  ci ]" is the section "profile ci".
std::string section_name(std::string_view line) {
  std::string name;
  for (const auto word : text::split(line, ' ')) {
    if (word.empty()) continue;
    if (!name.empty()) name += ' ';
    name += text::trim(word);
  }
  return name;
}

// A '#' or ';' after white space begins a comment.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    const bool after_space = value[i - 1] == ' ' || value[i - 1] == '\t';
    if (after_space && (value[i] == '#' || value[i] == ';')) return value.substr(0, i);
  }
  return value;
}

std::filesystem::path path_of(const process::Environment& environment, std::string_view variable,
                              std::string_view file_name) {
  if (const auto named = environment(variable)) {
    if (named->starts_with("~/")) {
      if (const auto home = environment("HOME")) {
        return std::filesystem::path(*home) / named->substr(2);
      }
    }
    return *named;
  }
  const auto home = environment("HOME");
  return home ? std::filesystem::path(*home) / ".aws" / file_name : std::filesystem::path();
}

IniFile load_file(const std::filesystem::path& path) {
  if (path.empty()) return {};
  const auto text = file::find(path, most_bytes);
  return text ? IniFile::parse(*text, path.string()) : IniFile();
}

}  // namespace

IniFile IniFile::parse(std::string_view text, std::string_view what) {
  IniFile file;
  Section* section = nullptr;
  std::string parent;  // the key whose value is the indented lines below it
  int number = 0;
  for (const auto line : text::lines(text)) {
    ++number;
    const auto content = text::trim(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (content.front() == '[' && !indented) {
      const auto end = content.find(']');
      if (end == std::string_view::npos) {
        throw base::Error(base::Kind::environment,
                          fmt::format("read {}: line {}: a section without ]", what, number));
      }
      section = &file.sections_[section_name(content.substr(1, end - 1))];
      parent.clear();
      continue;
    }
    const auto pair = text::cut(content, "=");
    if (!pair || section == nullptr) {
      throw base::Error(
          base::Kind::environment,
          fmt::format("read {}: line {}: neither a section nor a key = value", what, number));
    }
    const auto key = text::lower(text::trim(pair->first));
    const auto value = std::string(text::trim(without_comment(pair->second)));
    if (indented && !parent.empty()) {
      (*section)[parent + "." + key] = value;
    } else {
      (*section)[key] = value;
      parent = value.empty() ? key : "";
    }
  }
  return file;
}

const IniFile::Section* IniFile::find(std::string_view section) const {
  const auto place = sections_.find(section);
  return place == sections_.end() ? nullptr : &place->second;
}

Profiles Profiles::load(const process::Environment& environment) {
  Profiles profiles;
  profiles.config_path_ = path_of(environment, "AWS_CONFIG_FILE", "config");
  profiles.credentials_path_ = path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  profiles.config_ = load_file(profiles.config_path_);
  profiles.credentials_ = load_file(profiles.credentials_path_);
  return profiles;
}

std::optional<std::string> Profiles::find_setting(std::string_view profile,
                                                  std::string_view key) const {
  return find_in(config_, config_section(profile), key);
}

std::optional<std::string> Profiles::find_credential(std::string_view profile,
                                                     std::string_view key) const {
  return find_in(credentials_, profile, key);
}

std::optional<std::string> Profiles::find_either(std::string_view profile,
                                                 std::string_view key) const {
  auto found = find_credential(profile, key);
  return found ? found : find_setting(profile, key);
}

std::optional<std::string> Profiles::find_sso_setting(std::string_view session,
                                                      std::string_view key) const {
  return find_in(config_, "sso-session " + std::string(session), key);
}

bool Profiles::has_sso_session(std::string_view session) const {
  return config_.find("sso-session " + std::string(session)) != nullptr;
}

std::optional<std::string> Profiles::find_service_setting(std::string_view profile,
                                                          std::string_view key) const {
  const auto section = find_setting(profile, "services");
  return section ? find_in(config_, "services " + *section, key) : std::nullopt;
}

bool Profiles::has(std::string_view profile) const {
  return config_.find(config_section(profile)) != nullptr || credentials_.find(profile) != nullptr;
}

std::string profile_name(const process::Environment& environment,
                         const std::string& explicit_profile) {
  if (!explicit_profile.empty()) return explicit_profile;
  return environment("AWS_PROFILE").value_or("default");
}

}  // namespace aws
