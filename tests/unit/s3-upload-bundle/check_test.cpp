// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/check.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"
#include "support/tools.hpp"

namespace {

namespace fs = std::filesystem;
using s3_upload_bundle::Bundle;
using s3_upload_bundle::check;
using s3_upload_bundle::finding_line;
using s3_upload_bundle::Fixing;
using s3_upload_bundle::refuse_errors;
using s3_upload_bundle::write_report;

class Folder {
 public:
  explicit Folder(const std::string& appspec) : folder_("check") {
    write("appspec.yml", appspec);
    write("scripts/start.sh", "#!/bin/sh\nset -e\n", 0755);
  }
  void write(const std::string& name, const std::string& content, unsigned mode = 0644) const {
    support::write_file(path() / name, content, mode);
  }
  const fs::path& path() const { return folder_.path(); }
  Bundle read() const {
    return s3_upload_bundle::read_folder({.source = path()},
                                         "IMAGE=r/app@sha256:" + std::string(64, '1') + "\n");
  }

 private:
  file::TempDir folder_;
};

constexpr auto sound =
    "version: 0.0\nos: linux\nhooks:\n  ValidateService:\n    - location: scripts/start.sh\n";
constexpr auto misspelt =
    "version: 0.0\nos: linux\nhook:\n  ValidateService:\n"
    "    - location: scripts/start.sh\n";
constexpr auto missing =
    "version: 0.0\nos: linux\nhooks:\n  ValidateService:\n    - location: scripts/none.sh\n";

bool has(const appspec::LintReport& report, const std::string& rule) {
  for (const auto& finding : report.findings) {
    if (finding.rule == rule) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a sound bundle is let through") {
  const Folder folder(sound);
  const auto bundle = folder.read();
  const auto report = check(bundle, {});
  CHECK_FALSE(report.has_errors());
  CHECK_NOTHROW(refuse_errors(report, "deploy"));
}

TEST_CASE("the first error is the failure, with its place and how many more there are") {
  const Folder folder(missing);
  folder.write("scripts/.env", "A=b\n");
  const auto bundle = folder.read();
  const auto error = support::error_of([&] { refuse_errors(check(bundle, {}), "deploy"); });
  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() ==
        "check deploy/appspec.yml:5: rule H04: scripts/none.sh of ValidateService is not in the "
        "bundle (and 1 more error)");
}

TEST_CASE("a secret is told once, as an error that no allowed rule lifts") {
  const Folder folder(sound);
  folder.write(".env", "A=b\n");
  const auto bundle = folder.read();
  std::size_t told = 0;
  for (const auto& finding : check(bundle, {.allow = {"B01"}}).findings) {
    if (finding.path == ".env") ++told;
  }
  CHECK(told == 1);
  CHECK_FALSE(check(bundle, {.allow_secrets = {".env"}}).has_errors());
  CHECK_FALSE(has(check(bundle, {.allow_secrets = {".env"}}), "B01"));
}

TEST_CASE("an allowed rule does not stop the upload") {
  const Folder folder(missing);
  const auto bundle = folder.read();
  CHECK_FALSE(check(bundle, {.allow = {"H04"}}).has_errors());
}

TEST_CASE("what is mechanical is fixed in the folder, and its mode stays") {
  const Folder folder(misspelt);
  fs::permissions(folder.path() / "appspec.yml", fs::perms(0640));
  const auto bundle = folder.read();
  const auto report = check(bundle, {});
  REQUIRE(has(report, "A08"));

  CHECK(fix(bundle, report, Fixing::plan) == 1);
  CHECK(file::read(folder.path() / "appspec.yml") == misspelt);

  CHECK(fix(bundle, report, Fixing::write) == 1);
  CHECK(file::read(folder.path() / "appspec.yml") == sound);
  CHECK(fs::status(folder.path() / "appspec.yml").permissions() == fs::perms(0640));
  CHECK_FALSE(has(check(folder.read(), {}), "A08"));
}

TEST_CASE("a finding is one line that says where, what, what comes of it and what to change") {
  const appspec::Finding finding{.rule = "H04",
                                 .severity = appspec::Severity::error,
                                 .path = "appspec.yml",
                                 .line = 5,
                                 .column = 7,
                                 .message = "it is not there",
                                 .agent = "fails",
                                 .fix = "add it"};
  CHECK(finding_line(finding, "deploy") ==
        "deploy/appspec.yml:5:7: error H04: it is not there; agent: fails; fix: add it");
  CHECK(
      finding_line(
          {.rule = "S06", .severity = appspec::Severity::warning, .message = "no ValidateService"},
          "deploy") == "deploy: S06: no ValidateService");
}

TEST_CASE("the report comes in three forms and lands whole in a file") {
  const Folder folder(missing);
  const auto report = check(folder.read(), {});
  using s3_upload_bundle::LintFormat;
  CHECK(report_text(report, LintFormat::text, "deploy").find("deploy/appspec.yml:5:") !=
        std::string::npos);
  CHECK(report_text(report, LintFormat::json, "deploy").find("\"H04\"") != std::string::npos);
  CHECK(report_text(report, LintFormat::sarif, "deploy").find("deploy/appspec.yml") !=
        std::string::npos);

  const auto path = folder.path() / "out/report.sarif";
  write_report(report, {.format = LintFormat::sarif, .report = path}, "deploy");
  CHECK(file::read(path).find("\"2.1.0\"") != std::string::npos);
}
