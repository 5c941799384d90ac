// SPDX-License-Identifier: Apache-2.0
// Inputs that docker-push must not push: each has a message of its own, and the tag stays as it
// was.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "archives/zip_writer.hpp"
#include "file/file.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/pushed_project.hpp"

namespace {

namespace fs = std::filesystem;
using support::error_line;
using support::PushedProject;

std::string little_endian(std::uint32_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((number >> (8 * i)) & 0xffU);
  return text;
}

// A jar whose bytes are changed before they are written.
class Jar {
 public:
  explicit Jar(const fs::path& path, const support::BootJarContent& content = {}) : path_(path) {
    support::write_boot_jar(path, content);
    bytes_ = file::read(path);
  }

  // The entry's record in the directory, whose name is the last of that name.
  Jar& in_directory(std::string_view name, std::size_t at, const std::string& bytes) {
    bytes_.replace(bytes_.rfind("PK\x01\x02", bytes_.rfind(name)) + at, bytes.size(), bytes);
    return *this;
  }
  Jar& replace(std::string_view from, std::string_view to) {
    for (auto at = bytes_.find(from); at != std::string::npos; at = bytes_.find(from, at + 1)) {
      bytes_.replace(at, from.size(), to);
    }
    return *this;
  }
  Jar& cut(std::size_t size) {
    bytes_.resize(size);
    return *this;
  }
  std::size_t size() const { return bytes_.size(); }
  void write() const { file::write_atomically(path_, bytes_); }

 private:
  fs::path path_;
  std::string bytes_;
};

constexpr std::string_view application = "BOOT-INF/classes/application.txt";

}  // namespace

TEST_CASE("a jar that is damaged or hostile is refused with the entry and the reason") {
  const PushedProject project;
  const auto path = project.folder.path() / "bad.jar";
  // The record tells of another jar; what is wrong with the file itself goes first.
  const auto refuses = [&](std::string_view words) {
    project.refuses(7, words, {"bad.jar", "--release", "none.json"});
  };

  Jar(path).replace("class file", "class fire").write();
  refuses("read bad.jar: BOOT-INF/classes/application.txt has CRC ");
  Jar(path).cut(Jar(path).size() / 2).write();
  refuses("read bad.jar: no zip end record");
  Jar(path).in_directory(application, 8, little_endian(1, 2)).write();
  refuses("read bad.jar: BOOT-INF/classes/application.txt is encrypted");
  Jar(path).in_directory(application, 10, little_endian(12, 2)).write();
  refuses("read bad.jar: BOOT-INF/classes/application.txt uses compression method 12");
  Jar(path).in_directory(application, 24, little_endian(0xffffffff, 4)).write();
  refuses("read bad.jar: BOOT-INF/classes/application.txt has no valid zip64 field");
  Jar(path).in_directory(application, 42, little_endian(0, 4)).write();
  refuses(" overlaps what follows it");
  Jar(path).replace(application, "BOOT-INF/classes/../../../passwd").write();
  refuses(R"(the name "BOOT-INF/classes/../../../passwd" has a "." or ".." component)");
  Jar(path).replace(application, "/etc/passwd/of/the/application.t").write();
  refuses(R"(the name "/etc/passwd/of/the/application.t" is absolute)");
  Jar(path).replace(application, "BOOT-INF/lib/library-1.0.jar/sub").write();
  refuses("read bad.jar: BOOT-INF/lib/library-1.0.jar is both a file and a folder");
  Jar(path)
      .replace("classes/application.txt", std::string_view("classes/app\0ication.txt", 23))
      .write();
  refuses("the name \"BOOT-INF/classes/app?ication.txt\" ");  // and not cut off at the NUL
}

TEST_CASE("a jar whose index of layers does not fit it is refused, not one with an empty layer") {
  const PushedProject project;
  const auto path = project.folder.path() / "index.jar";
  const auto refuses = [&](const std::string& index, std::string_view words) {
    support::write_boot_jar(path, {.index = index});
    project.refuses(7, words, {"index.jar", "--release", "none.json"});
  };
  const std::string rest = "- \"application\":\n  - \"META-INF/\"\n  - \"org/\"\n";

  refuses(rest, " is in no layer of BOOT-INF/layers.idx");
  refuses("dependencies\n", "BOOT-INF/layers.idx: line 1: neither ");
  refuses("", "BOOT-INF/layers.idx: no layer in it");

  support::write_boot_jar(path, {.index = "- \"dependencies\":\n  - \"BOOT-INF/nowhere/\"\n" +
                                          rest + "  - \"BOOT-INF/\"\n"});
  const auto run = project.push({"index.jar", "--release", "none.json", "-o", "json"});
  INFO(run.err);
  REQUIRE(run.exit.ok());
  const auto result = json::parse(run.out, "result");
  CHECK(json::Field(result, "result")["layers"].items().size() == 2);  // base, application
}

TEST_CASE("more layers than a container can stack are refused before any is sent") {
  PushedProject project;
  support::BootJarContent content;
  content.index.clear();
  for (int i = 0; i < 130; ++i) {
    const std::string name = "part" + std::to_string(i) + ".jar";
    content.libraries[name] = "library";
    content.index += "- \"" + name + "\":\n  - \"BOOT-INF/lib/" + name + "\"\n";
  }
  content.index += "- \"rest\":\n  - \"BOOT-INF/\"\n  - \"META-INF/\"\n  - \"org/\"\n";
  support::write_boot_jar(project.folder.path() / "many.jar", content);
  project.registry.forget_requests();
  project.refuses(7, "132 layers, an image has at most 127",
                  {"many.jar", "--release", "none.json"});
  CHECK(support::count(project.registry.requests(), "PUT ") == 0);
}

TEST_CASE("what is no file to be read is told as that, and nobody waits for it") {
  const PushedProject project;
  const auto& folder = project.folder.path();
  REQUIRE(::mkfifo((folder / "pipe.jar").c_str(), 0600) == 0);
  fs::create_symlink("two", folder / "one");
  fs::create_symlink("one", folder / "two");
  fs::create_directory(folder / "empty");
  fs::create_directory(folder / "loop");
  fs::create_symlink("Dockerfile", folder / "loop/Dockerfile");
  support::write_file(folder / "image.tar.zst", "\x28\xb5\x2f\xfdimage");

  project.refuses(3, "open pipe.jar: it is no regular file", {"pipe.jar"});
  project.refuses(3, "open /dev/zero: it is no regular file", {"/dev/zero"});
  project.refuses(3, "open one: Too many levels of symbolic links", {"one"});
  project.refuses(1, "read empty: no unpacked jar, image layout or Dockerfile", {"empty"});
  project.refuses(1, "read loop: no unpacked jar, image layout or Dockerfile", {"loop"});
  project.refuses(2, "take 'latest' from app.jar: it is no archive or layout of images",
                  {"app.jar@latest"});
  project.refuses(1, "read image.tar.zst: it is compressed by zstd", {"image.tar.zst"});
}

TEST_CASE("a place to save to that would destroy something is refused") {
  const PushedProject project;
  const auto& folder = project.folder.path();
  fs::create_directory(folder / "folder");
  support::write_file(folder / "file", "mine");
  support::write_file(folder / "layout/index.json", "{");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);

  project.refuses(2, "write folder: it is there and no regular file",
                  {"--save", "docker-archive:folder"});
  project.refuses(2, "write pipe: it is there and no regular file",
                  {"--save", "docker-archive:pipe"});
  project.refuses(3, "make folder file/blobs/sha256: Not a directory", {"--save", "oci:file"});
  project.refuses(7, "parse layout/index.json: not JSON at byte ", {"--save", "oci:layout"});
  CHECK(file::read(folder / "file") == "mine");
  CHECK(file::read(folder / "layout/index.json") == "{");

  const auto run = project.push({"--save", "docker-archive:new/folder/image.tar"});
  INFO(run.err);
  CHECK(run.exit.ok());
}

TEST_CASE("ports and users that no container could have are refused") {
  const PushedProject project;
  for (const char* port : {"0", "65536", "http"}) {
    project.refuses(2, "--port: Value ", {"--port", port});
  }
  for (const char* user : {"a b", ":1", "1:", "1:2:3"}) {
    project.refuses(2, "is no USER or USER:GROUP", {"--user", user});
  }
  project.refuses(2, "tag the image 'a b': that is no tag", {"--tag", "a b"});
}

TEST_CASE("a machine without home, or with a cache that cannot be written, pushes the same image") {
  PushedProject project;
  support::write_file(project.folder.path() / "file", "");
  const auto file = (project.folder.path() / "file").string();
  int number = 0;
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"HOME", ""}, {"XDG_CACHE_HOME", file}, {"TMPDIR", project.folder.path()}}) {
    std::map<std::string, std::string> more{{name, value}};
    if (name == "HOME") more["XDG_CACHE_HOME"] = "";
    const std::string repository = project.image() + std::to_string(++number);
    const auto run = project.push({"--image", repository}, more);
    INFO(name << ": " << run.err);
    CHECK(run.exit.ok());
    CHECK(run.out == repository + '@' + project.digest + '\n');
  }
  project.record_text = file::read(project.record_path());
  project.refuses(3, "make a temporary folder: ", {}, {{"TMPDIR", file}});
  project.refuses(3, "make a temporary folder: ", {}, {{"TMPDIR", "/nowhere/at/all"}});
}

TEST_CASE("a result that cannot be written is an error, a reader that went away is none") {
  const PushedProject project;
  const auto push = [&](const std::string& redirection) {
    auto environment = process::all_environment_variables();
    for (const auto& [name, value] : project.environment()) environment[name] = value;
    return process::capture(
        {.argv = {"sh", "-c", "exec \"$0\" " + redirection, support::binaries() / "docker-push"},
         .environment = environment,
         .directory = project.folder.path()});
  };
  const auto full = push(">/dev/full");
  CHECK(full.exit.code == 3);
  CHECK(error_line(full) == "write the result to stdout: No space left on device");
  CHECK(push(">&-").exit.ok());
  CHECK(push("<&- >&- 2>&-").exit.ok());
  CHECK(project.registry.inspect("shop:1.2.3-4", "{{.Digest}}") == project.digest);
}
