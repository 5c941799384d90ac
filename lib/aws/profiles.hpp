// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "process/environment.hpp"

namespace aws {

// One INI file as AWS clients read it. An indented line under `s3 =` is kept as key "s3.<name>".
class IniFile {
 public:
  // Throws environment with file and line for a line that is neither section, key nor comment.
  static IniFile parse(std::string_view text, std::string_view what);

  using Section = std::map<std::string, std::string, std::less<>>;
  const Section* find(std::string_view section) const;  // null pointer when absent

 private:
  std::map<std::string, Section, std::less<>> sections_;
};

// The shared configuration and credentials files (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE,
// ~/.aws). A file that does not exist is empty.
class Profiles {
 public:
  static Profiles load(const process::Environment& environment);

  // Absent when the file does not have that profile or key.
  std::optional<std::string> find_setting(std::string_view profile, std::string_view key) const;
  std::optional<std::string> find_credential(std::string_view profile, std::string_view key) const;

  // Of both files, the credentials file first: where AWS clients look for what describes a role.
  std::optional<std::string> find_either(std::string_view profile, std::string_view key) const;

  // From the `[sso-session NAME]` section; absent also when there is no such section.
  std::optional<std::string> find_sso_setting(std::string_view session, std::string_view key) const;
  bool has_sso_session(std::string_view session) const;

  // From the `[services NAME]` section that the profile names, "s3.endpoint_url" for instance.
  std::optional<std::string> find_service_setting(std::string_view profile,
                                                  std::string_view key) const;

  bool has(std::string_view profile) const;  // in either file
  const std::filesystem::path& config_path() const { return config_path_; }
  const std::filesystem::path& credentials_path() const { return credentials_path_; }

 private:
  std::filesystem::path config_path_;
  std::filesystem::path credentials_path_;
  IniFile config_;
  IniFile credentials_;
};

// The profile in force: `explicit_profile`, AWS_PROFILE or "default".
std::string profile_name(const process::Environment& environment,
                         const std::string& explicit_profile);

}  // namespace aws
