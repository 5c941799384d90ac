// SPDX-License-Identifier: Apache-2.0
//
// Dockerfiles that docker-push builds itself, built again by the Docker Engine: the files and the
// config must be the same, and what one refuses the other refuses.
//
// BuildKit is the reference, asked through the engine's API with the context as a tar, which needs
// no client plug-in. The engine's classic builder adds what that way leaves out: .dockerignore.
// STAGECRAFT_COMPARE_CASES and STAGECRAFT_COMPARE_SEED draw more cases, and others;
// STAGECRAFT_COMPARE_KEEP names a folder for the contexts of those that differ.
//
// Left out of the draw, as BuildKit 0.8, which is in Docker 20.10, is not what is documented:
// --chmod with setuid, setgid or sticky bit, which it drops; two stages on one, whose labels and
// volumes it mixes up; HEALTHCHECK durations and retries of zero; new folders in one with setgid,
// to which the builder's kernel hands the bit; ADD of devices, which docker-push refuses.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/value.hpp"
#include "process/child.hpp"
#include "process/environment.hpp"
#include "support/flat_image.hpp"
#include "support/push_project.hpp"
#include "support/random_dockerfile.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace {

namespace fs = std::filesystem;

process::Captured run(std::vector<std::string> argv,
                      std::map<std::string, std::string> environment = {}) {
  auto all = process::all_environment_variables();
  for (auto& [name, value] : environment) all[name] = value;
  return process::capture({.argv = std::move(argv), .environment = all}, {},
                          std::chrono::minutes(2));
}

void must(std::vector<std::string> argv) {
  const std::string line = text::join(argv, " ");
  const auto result = run(std::move(argv));
  INFO(line << ": " << result.err);
  REQUIRE(result.exit.ok());
}

enum class Result { built, refused, unknown };  // unknown: an image that cannot be exported

// What a builder made of a context: an archive as `docker save` writes it, or its refusal.
struct Outcome {
  Result result = Result::refused;
  std::string refusal{};
};

std::string engine_socket() {
  const auto host = process::environment_variable("DOCKER_HOST");
  return host && host->starts_with("unix://") ? host->substr(7) : "/var/run/docker.sock";
}

Outcome save_from_engine(const std::string& name, const fs::path& archive) {
  const auto saved = run({"docker", "save", "--output", archive, name});
  must({"docker", "rmi", "--force", name});
  // The engine cannot export an image without a layer.
  if (saved.err.find("empty export") != std::string::npos) return {.result = Result::unknown};
  INFO(saved.err);
  REQUIRE(saved.exit.ok());
  return {.result = Result::built};
}

Outcome build_by_buildkit(const fs::path& context, const support::RandomBuild& build,
                          const fs::path& archive) {
  const fs::path tar = archive.string() + ".context";
  must({"tar", "-C", context, "--owner=0", "--group=0", "-cf", tar, "."});
  json::Value arguments = json::Object{};
  for (const auto& [name, value] : build.build_args) arguments.set(name, value);
  const std::string name = "stagecraft-test/buildkit:" + crypto::random_hex(6);
  const auto answer =
      run({"curl", "--silent", "--unix-socket", engine_socket(), "--header",
           "Content-Type: application/x-tar", "--data-binary", "@" + tar.string(),
           fmt::format("http://engine/build?version=2&t={}&buildargs={}",
                       text::percent_encode(name), text::percent_encode(json::write(arguments)))});
  REQUIRE(answer.exit.ok());
  if (answer.out.find("moby.image.id") == std::string::npos) {
    const auto at = answer.out.find("\"errorDetail\"");
    return {.refusal = answer.out.substr(at == std::string::npos ? 0 : at)};
  }
  return save_from_engine(name, archive);
}

Outcome build_by_classic(const fs::path& context, const support::RandomBuild& build,
                         const fs::path& archive) {
  const std::string name = "stagecraft-test/classic:" + crypto::random_hex(6);
  std::vector<std::string> argv{"docker", "build", "--quiet", "--tag", name};
  for (const auto& [argument, value] : build.build_args) {
    argv.insert(argv.end(), {"--build-arg", argument + "=" + value});
  }
  argv.push_back(context);
  const auto result = run(argv, {{"DOCKER_BUILDKIT", "0"}});
  if (!result.exit.ok()) return {.refusal = result.err};
  return save_from_engine(name, archive);
}

Outcome build_by_us(const fs::path& context, const support::RandomBuild& build,
                    const fs::path& archive) {
  std::vector<std::string> arguments{context,
                                     "--image",
                                     "127.0.0.1:1/compared:1",
                                     "--save",
                                     "docker-archive:" + archive.string(),
                                     "--engine",
                                     "none"};
  for (const auto& [argument, value] : build.build_args) {
    arguments.insert(arguments.end(), {"--build-arg", argument + "=" + value});
  }
  const auto result = support::run_tool(
      "docker-push", {.arguments = arguments,
                      .environment = {{"XDG_CACHE_HOME", archive.parent_path() / "cache"},
                                      {"DOCKER_CONFIG", archive.parent_path() / "no-docker"}},
                      .directory = archive.parent_path()});
  if (!result.exit.ok()) return {.refusal = result.err};
  return {.result = Result::built};
}

struct Builder {
  std::string name;
  support::BuilderTraits traits;
  Outcome (*build)(const fs::path&, const support::RandomBuild&, const fs::path&);
  // What it does unlike the reference.
  // FROM scratch is without PATH and working directory; new folders are root's, those of WORKDIR
  // after USER and of COPY and ADD --chown too.
  bool classic = false;
};

bool has_any(const std::string& text, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&text](const std::string& word) {
    return text.find(word) != std::string::npos;
  });
}

// What docker-push refuses and some engine builds.
bool is_strict(const std::string& refusal) {
  return has_any(refusal, {
                              // A jar that is not there, or that is taken for another.
                              "(JarGlob",
                              // USER ${APP_USER} would be root, WORKDIR ${HOME} anything.
                              "with an empty name",
                              "with an empty path",
                              // The reference asks for a final slash; each file replaces the last.
                              "several files for the one name",
                              "several sources for the one name",
                          });
}

// What engines refuse and docker-push builds.
bool is_lenient(const std::string& refusal) {
  // An owner's name is looked up when a file gets it, not for a COPY that copies nothing.
  return has_any(refusal,
                 {"/etc/passwd: no such file", "/etc/group: no such file", "invalid user index"});
}

// What the classic builder refuses and BuildKit, and so docker-push, builds.
bool is_classic(const std::string& refusal) {
  return has_any(refusal, {
                              // A pattern without a match copies nothing.
                              "no source files were specified",
                              // A pattern that matches several files, and a folder without "/".
                              "the destination must be a directory and end with a /",
                              // BuildKit takes COPY ../a for COPY a.
                              "forbidden path outside the build context",
                          });
}

// What the classic builder builds, and BuildKit refuses as docker-push does: dir/* without a dir.
bool is_classic_only(const std::string& refusal) {
  return refusal.find(" dir is not in the build context") != std::string::npos;
}

// Gives the image what the reference would have given it.
void make_up(const Builder& builder, support::FlatImage& theirs, const support::FlatImage& ours) {
  std::string& folder = theirs.config["WorkingDir"];
  // Engines before 23 keep the slash of WORKDIR /app/.
  if (folder.size() > 3 && folder.ends_with("/\"")) {
    folder.erase(folder.size() - 2, 1);
  }
  if (builder.classic && folder.empty()) folder = "\"/\"";
  if (folder.empty()) theirs.config.erase("WorkingDir");
  for (auto& [path, node] : theirs.files) {
    const auto own = ours.files.find(path);
    if (!builder.classic || node != "dir 0755 0:0" || own == ours.files.end()) continue;
    if (own->second.starts_with("dir 0755 ")) node = own->second;
  }
  constexpr std::string_view path =
      "\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"";
  const auto env = ours.config.find("Env");
  if (!builder.classic || env == ours.config.end()) return;
  std::string& variables = theirs.config["Env"];
  if (variables.empty()) variables = "[]";
  if (env->second.starts_with(fmt::format("[{}", path)) &&
      variables.find(path) == std::string::npos) {
    variables.insert(1, std::string(path) + (variables == "[]" ? "" : ","));
  }
}

// docker-push takes modes as git keeps them, so that an umask does not change a digest.
void keep_modes_as_git(const fs::path& folder) {
  for (const auto& found : fs::recursive_directory_iterator(folder)) {
    if (found.is_symlink()) continue;
    const bool all = found.is_directory() ||
                     (found.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
    fs::permissions(found.path(), fs::perms(all ? 0755 : 0644));
  }
}

// The base image, in a registry and in the engine under one name.
class SharedBase {
 public:
  SharedBase() : name_(registry_.address() + "/base:1") {
    const file::TempDir folder("base-image");
    const fs::path tar = folder.path() / "base.tar";
    support::write_base_tar(tar);
    std::vector<std::string> argv{"docker", "import"};
    for (const std::string& change : support::base_changes()) {
      argv.insert(argv.end(), {"--change", change});
    }
    argv.insert(argv.end(), {tar, name_});
    must(argv);
    must({"docker", "push", "--quiet", name_});
  }
  SharedBase(const SharedBase&) = delete;
  SharedBase& operator=(const SharedBase&) = delete;
  ~SharedBase() { run({"docker", "rmi", "--force", name_}); }

  const std::string& name() const { return name_; }

 private:
  support::RegistryFixture registry_;
  std::string name_;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const auto text = process::environment_variable(variable);
  return text ? text::find_number(*text).value_or(otherwise) : otherwise;
}

// One line for each difference.
std::vector<std::string> compare(const Builder& builder, std::uint64_t seed,
                                 const std::string& base) {
  const file::TempDir folder("compare");
  const fs::path context = folder.path() / "context";
  fs::create_directory(context);
  const auto build = support::RandomDockerfile(seed, builder.traits, base).write(context);
  const Outcome ours = build_by_us(context, build, folder.path() / "ours.tar");
  keep_modes_as_git(context);
  const Outcome theirs = builder.build(context, build, folder.path() / "theirs.tar");

  std::vector<std::string> lines;
  if (ours.result == Result::built && theirs.result == Result::built) {
    auto image = support::read_flat_image(folder.path() / "theirs.tar", folder.path());
    const auto own = support::read_flat_image(folder.path() / "ours.tar", folder.path());
    make_up(builder, image, own);
    lines = support::differences(image, own);
  } else if (ours.result == Result::refused && theirs.result != Result::refused) {
    const bool known = builder.classic && is_classic_only(ours.refusal);
    if (!known && !is_strict(ours.refusal)) lines = {"refused by docker-push: " + ours.refusal};
  } else if (ours.result != Result::refused && theirs.result == Result::refused) {
    const bool known = builder.classic && is_classic(theirs.refusal);
    if (!known && !is_lenient(theirs.refusal)) {
      lines = {fmt::format("refused by {}: {}", builder.name, theirs.refusal)};
    }
  }
  if (lines.empty()) return {};
  lines.insert(lines.begin(), fmt::format("{} seed {}\n{}", builder.name, seed, build.dockerfile));
  if (fs::exists(context / ".dockerignore")) {
    lines.push_back(".dockerignore:\n" + file::read(context / ".dockerignore"));
  }
  if (const auto keep = process::environment_variable("STAGECRAFT_COMPARE_KEEP")) {
    fs::copy(context, fs::path(*keep) / fmt::format("{}-{}", builder.name, seed),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
  return lines;
}

void compare_many(const Builder& builder, std::uint64_t cases) {
  const SharedBase base;
  cases = number_from("STAGECRAFT_COMPARE_CASES", cases);
  const std::uint64_t seed = number_from("STAGECRAFT_COMPARE_SEED", 1);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const std::string lines = text::join(compare(builder, seed + i, base.name()), "\n");
    CHECK_MESSAGE(lines.empty(), lines);
  }
}

}  // namespace

TEST_CASE("BuildKit makes the same images of random Dockerfiles as docker-push") {
  compare_many({.name = "BuildKit", .traits = {.chmod = true}, .build = build_by_buildkit}, 20);
}

TEST_CASE("the engine's classic builder makes the same images of random Dockerfiles") {
  compare_many({.name = "classic",
                .traits = {.ignores_files = true,
                           .refuses_unknown_owners = true,
                           .builds_all_stages = true,
                           .forgets_args = true},
                .build = build_by_classic,
                .classic = true},
               20);
}
