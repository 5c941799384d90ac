// SPDX-License-Identifier: Apache-2.0
#include "release/record.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "support/error_of.hpp"

namespace fs = std::filesystem;
using support::error_of;

namespace {

const std::string commit_a(40, 'a');
const std::string commit_b(40, 'b');

// A folder with a record of commit_a and build "job-1" in it.
struct Workspace {
  file::TempDir folder{"record-test"};
  fs::path path = folder.path() / ".stagecraft" / "release.json";
  release::Stamp stamp{commit_a, "job-1"};

  Workspace() {
    release::begin(path, source(commit_a, "job-1"), json::object({{"path", "../app.jar"}}));
  }

  static json::Value source(const std::string& commit, const std::string& build_tag) {
    return json::object({{"commit", commit}, {"build_tag", build_tag}});
  }
  release::Record open() const { return release::Record::open(path, stamp); }
};

}  // namespace

TEST_CASE("a record begins with source and jar, and no link to an earlier one") {
  const Workspace workspace;

  CHECK(file::read(workspace.path) == "{\n  \"schema\": 1,\n  \"source\": {\n    \"commit\": \"" +
                                          commit_a +
                                          "\",\n    \"build_tag\": \"job-1\"\n  },\n  \"jar\": {\n "
                                          "   \"path\": \"../app.jar\"\n  }\n}\n");
}

TEST_CASE("an opened record knows its sections and its digest") {
  const Workspace workspace;
  const auto record = workspace.open();

  CHECK(record.section("source")["commit"].string() == commit_a);
  CHECK(record.has("jar"));
  CHECK_FALSE(record.has("image"));
  CHECK(record.path() == workspace.path);
  CHECK(record.sha256() == crypto::sha256_hex(file::read(workspace.path)));
}

TEST_CASE("each stage adds its section after the others, linked to the file it found") {
  const Workspace workspace;
  const auto before_image = crypto::sha256_hex(file::read(workspace.path));

  workspace.open().extend("image", json::object({{"digest", "sha256:1"}}));
  const auto before_bundle = crypto::sha256_hex(file::read(workspace.path));
  CHECK(workspace.open().document().find("prev")->find_string()->compare(before_image) == 0);
  workspace.open().extend("bundle", json::object({{"bucket", "b"}}));

  const auto record = workspace.open();
  CHECK(*record.document().find("prev")->find_string() == before_bundle);
  CHECK(record.section("jar")["path"].string() == "../app.jar");
  CHECK(record.section("image")["digest"].string() == "sha256:1");
  CHECK(record.section("bundle")["bucket"].string() == "b");
  const auto text = file::read(workspace.path);
  CHECK(text.find("\"image\"") < text.find("\"bundle\""));
}

TEST_CASE("a stage that runs again replaces its section and drops the later ones") {
  const Workspace workspace;
  workspace.open().extend("image", json::object({{"digest", "sha256:1"}}));
  workspace.open().extend("bundle", json::object({{"bucket", "b"}}));
  workspace.open().extend("deployment", json::object({{"deployment_id", "d-1"}}));

  workspace.open().extend("image", json::object({{"digest", "sha256:2"}}));

  const auto record = workspace.open();
  CHECK(record.section("image")["digest"].string() == "sha256:2");
  CHECK(record.has("jar"));
  CHECK_FALSE(record.has("bundle"));
  CHECK_FALSE(record.has("deployment"));
}

TEST_CASE("a new build replaces all that another left") {
  const Workspace workspace;
  workspace.open().extend("image", json::object({{"digest", "sha256:1"}}));

  release::begin(workspace.path, Workspace::source(commit_b, "job-2"), json::object({}));

  const auto record = release::Record::open(workspace.path, {commit_b, "job-2"});
  CHECK_FALSE(record.has("image"));
  CHECK_FALSE(record.has("prev"));
}

TEST_CASE("a record of another commit is refused and both are named") {
  const Workspace workspace;

  const auto error = error_of([&] { release::Record::open(workspace.path, {commit_b, "job-1"}); });

  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() == "read " + workspace.path.string() + ": it is of commit " + commit_a +
                               ", this build is of " + commit_b);
  CHECK_FALSE(error.hint().empty());
}

TEST_CASE("a record of another build is refused and both are named") {
  const Workspace workspace;

  const auto error = error_of([&] { release::Record::find(workspace.path, {commit_a, "job-2"}); });

  CHECK(error.kind() == base::Kind::integrity);
  CHECK(error.message() ==
        "read " + workspace.path.string() + ": it is of build job-1, this build is of job-2");
}

TEST_CASE("a stamp that the environment does not give is not compared") {
  const Workspace workspace;
  CHECK(release::Record::find(workspace.path, {}));
  CHECK(release::Record::find(workspace.path, {commit_a, ""}));
  CHECK(release::Record::find(workspace.path, {"", "job-1"}));
}

TEST_CASE("the stamp is what Jenkins says of the build") {
  const auto stamp = release::stamp_of(
      process::environment_of({{"GIT_COMMIT", commit_a}, {"BUILD_TAG", "job-1"}}));
  CHECK(stamp.commit == commit_a);
  CHECK(stamp.build_tag == "job-1");
  CHECK(release::stamp_of(process::environment_of({})).commit.empty());
}

TEST_CASE("without a record, open says which tool starts one and find says nothing") {
  const file::TempDir folder("record-test");
  const auto path = folder.path() / "none.json";

  CHECK_FALSE(release::Record::find(path, {}));
  const auto error = error_of([&] { release::Record::open(path, {}); });
  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "read " + path.string() + ": no such release record");
  CHECK(error.hint() == "run build-jar first, or name the record with --release");
}

TEST_CASE("a section that is not there is told with the tool that writes it") {
  const Workspace workspace;
  const auto record = workspace.open();

  const auto error = error_of([&] { record.section("image"); });

  CHECK(error.kind() == base::Kind::usage);
  CHECK(error.message() == "read " + workspace.path.string() + ": it has no section 'image'");
  CHECK(error.hint() == "run docker-push first");
  CHECK(error_of([&] { record.section("nonsense"); }).kind() == base::Kind::internal);
  CHECK(error_of([&] { record.extend("nonsense", {}); }).kind() == base::Kind::internal);
}

TEST_CASE("a file that is no release record is refused with what is wrong") {
  const file::TempDir folder("record-test");
  const auto path = folder.path() / "release.json";
  struct Case {
    std::string content;
    std::string words;
  };
  const Case cases[] = {
      {"", "parse " + path.string() + ": not JSON at byte 1"},
      {"[]", path.string() + ": expected an object, found an array"},
      {"{}", path.string() + ": /schema: expected an integer, found nothing"},
      {R"({"schema":2,"source":{}})", "read " + path.string() + ": schema 2, this version reads 1"},
      {R"({"schema":1})", path.string() + ": /source/commit: expected a string, found nothing"},
      {R"({"schema":1,"source":{"commit":1}})",
       path.string() + ": /source/commit: expected a string, found a number"},
  };
  for (const auto& c : cases) {
    file::write_atomically(path, c.content);
    const auto error = error_of([&] { release::Record::open(path, {}); });
    CHECK(error.kind() == base::Kind::integrity);
    CHECK(error.message() == c.words);
  }
}

TEST_CASE("a record that changed since it was opened is a conflict, and stays as it is") {
  const Workspace workspace;
  const auto mine = workspace.open();
  workspace.open().extend("image", json::object({{"digest", "sha256:other"}}));
  const auto theirs = file::read(workspace.path);

  const auto error =
      error_of([&] { mine.extend("image", json::object({{"digest", "sha256:mine"}})); });

  CHECK(error.kind() == base::Kind::conflict);
  CHECK(error.message() ==
        "extend " + workspace.path.string() + ": another stage changed it meanwhile");
  CHECK(file::read(workspace.path) == theirs);
}

TEST_CASE("a record that vanished since it was opened is a conflict") {
  const Workspace workspace;
  const auto record = workspace.open();
  fs::remove(workspace.path);

  CHECK(error_of([&] { record.extend("image", {}); }).kind() == base::Kind::conflict);
  CHECK_FALSE(fs::exists(workspace.path));
}

TEST_CASE("paths are stored relative to the record's folder and found again from there") {
  const Workspace workspace;
  const auto root = fs::canonical(workspace.folder.path());
  struct Case {
    fs::path file;
    std::string stored;
  };
  const Case cases[] = {
      {root / "target" / "app.jar", "../target/app.jar"},
      {root / ".stagecraft" / "bundle.zip", "bundle.zip"},
      {root / "target" / ".." / "app.jar", "../app.jar"},
  };
  const auto record = workspace.open();
  for (const auto& c : cases) {
    CAPTURE(c.file.string());
    CHECK(release::stored_path(workspace.path, c.file) == c.stored);
    CHECK(record.resolve(c.stored) == fs::weakly_canonical(c.file));
  }
  CHECK(record.resolve("/opt/app.jar") == "/opt/app.jar");
}

TEST_CASE("a record named relative to the working folder stores the same paths") {
  const Workspace workspace;
  const auto here = fs::current_path();
  fs::current_path(workspace.folder.path());

  const auto stored = release::stored_path(release::default_path, "target/app.jar");
  const auto resolved =
      release::Record::open(release::default_path, workspace.stamp).resolve(stored);

  fs::current_path(here);
  CHECK(stored == "../target/app.jar");
  CHECK(resolved == fs::canonical(workspace.folder.path()) / "target" / "app.jar");
}
