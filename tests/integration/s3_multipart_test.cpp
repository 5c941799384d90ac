// SPDX-License-Identifier: Apache-2.0
//
// The real tool, interrupted. An S3 multipart upload that nobody completes or aborts is paid for
// until somebody finds it, so what counts is what ListMultipartUploads says afterwards.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "aws/s3_upload.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "json/value.hpp"
#include "process/environment.hpp"
#include "support/sandbox_fixture.hpp"
#include "support/tools.hpp"

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using support::Sandbox;

constexpr std::uint64_t mebibyte = 1U << 20U;
constexpr std::uint64_t bundle_size = 200 * mebibyte;
constexpr int terminations = 50;

const json::Value& at(const json::Value& document, std::string_view pointer) {
  const auto* value = document.find_pointer(pointer);
  if (value == nullptr) throw std::runtime_error("no " + std::string(pointer));
  return *value;
}

// A ready bundle whose bytes do not compress, the tool's temporary folder, and a client of our own
// that looks at what the tool leaves at the service.
class Rig {
 public:
  Rig()
      : folder_("stagecraft-multipart"),
        session_{.region = sandbox_.environment().at("AWS_REGION"),
                 .credentials = aws::store_of(
                     {.access_key = sandbox_.environment().at("AWS_ACCESS_KEY_ID"),
                      .secret_key = sandbox_.environment().at("AWS_SECRET_ACCESS_KEY")},
                     clock_),
                 .overrides = {.s3 = http::parse_url(sandbox_.endpoint("api"))}},
        client_(clock_, {}, aws::client_options(session_)),
        caller_(client_, session_),
        s3_(caller_) {
    std::filesystem::create_directories(folder_.path() / "tmp");
    std::filesystem::create_directories(folder_.path() / "work");
    const auto made = process::capture(
        {.argv = {"python3", "-c",
                  "import os, sys, zipfile\n"
                  "with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as zip:\n"
                  "  zip.writestr('appspec.yml', 'version: 0.0\\nos: linux\\n')\n"
                  "  with zip.open('blob', 'w') as blob:\n"
                  "    for i in range(int(sys.argv[2])): blob.write(os.urandom(1 << 20))\n",
                  bundle().string(), std::to_string(bundle_size / mebibyte)}});
    if (!made.exit.ok()) throw std::runtime_error(made.err);
    const auto to = sandbox_.environment().at("STAGECRAFT_BUNDLE_TO");
    bucket_ = to.substr(5, to.find('/', 5) - 5);
  }

  const Sandbox& sandbox() const { return sandbox_; }
  std::filesystem::path bundle() const { return folder_.path() / "bundle.zip"; }

  process::Command command(const std::string& prefix) const {
    auto environment = process::all_environment_variables();
    for (const auto& [name, value] : sandbox_.environment()) environment[name] = value;
    environment["TMPDIR"] = (folder_.path() / "tmp").string();
    return {
        .argv = {(support::binaries() / "s3-upload-bundle").string(), "--file", bundle().string(),
                 "--to", fmt::format("s3://{}/{}/", bucket_, prefix), "--output", "json"},
        .environment = std::move(environment),
        .directory = folder_.path() / "work"};
  }

  process::Captured run(const std::string& prefix) const {
    return process::capture(command(prefix), {}, std::chrono::minutes(2));
  }

  // Where the bundle goes under that prefix.
  aws::ObjectName name(const std::string& prefix) {
    if (base_name_.empty()) {
      auto plan = command("x");
      plan.argv.emplace_back("--dry-run");
      const auto planned = process::capture(plan, {}, std::chrono::minutes(2));
      const auto key = *at(json::parse(planned.out, "plan"), "/key").find_string();
      base_name_ = key.substr(key.rfind('/') + 1);
    }
    return {.bucket = bucket_, .key = prefix + "/" + base_name_};
  }

  std::vector<aws::FoundUpload> unfinished(const std::string& prefix) {
    return aws::value_or_throw(s3_.list_uploads(name(prefix)), "list uploads");
  }

  std::size_t parts_of(const std::string& prefix) {
    const auto uploads = unfinished(prefix);
    if (uploads.empty()) return 0;
    const auto parts = s3_.list_parts({.name = name(prefix), .id = uploads.front().id});
    const auto* listed = std::get_if<std::vector<aws::StoredPart>>(&parts);
    return listed == nullptr ? 0 : listed->size();
  }

  bool is_stored(const std::string& prefix) {
    const auto answer = s3_.head_object(name(prefix));
    const auto* stored = std::get_if<aws::StoredObject>(&answer);
    return stored != nullptr && stored->size == std::filesystem::file_size(bundle());
  }

  // Files that a run has left in its temporary folder and in its working folder.
  int left_files() const {
    int count = 0;
    for (const auto* sub : {"tmp", "work"}) {
      for (const auto& entry :
           std::filesystem::recursive_directory_iterator(folder_.path() / sub)) {
        if (entry.is_regular_file()) ++count;
      }
    }
    return count;
  }

  void fault(std::vector<std::string> arguments) const {
    std::vector<std::string> all{"fault", "add", "--dir", (sandbox_.folder() / "sandbox").string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto added = support::run_tool("deploy-sandbox", {.arguments = all});
    if (!added.exit.ok()) throw std::runtime_error(added.err);
  }

 private:
  Sandbox sandbox_;
  file::TempDir folder_;
  timing::SystemClock clock_;
  aws::Session session_;
  http::Client client_;
  aws::Caller caller_;
  aws::S3 s3_;
  std::string bucket_;
  std::string base_name_;
};

json::Value result_of(const process::Captured& ran) { return json::parse(ran.out, "stdout"); }

std::int64_t number_at(const json::Value& document, std::string_view pointer) {
  const auto* number = at(document, pointer).find_int();
  return number == nullptr ? -1 : *number;
}

}  // namespace

TEST_CASE("SIGTERM at fifty random moments leaves no upload that the next run does not finish") {
  Rig rig;
  const auto seed = std::random_device{}();
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const auto begun = steady_clock::now();
  const auto clean = rig.run("clean");
  INFO(clean.err);
  REQUIRE(clean.exit.ok());
  const auto whole = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  std::uniform_int_distribution<std::int64_t> moment(0, whole.count());

  int killed = 0;
  int resumable = 0;
  for (int i = 0; i < terminations; ++i) {
    const auto prefix = fmt::format("term-{}", i);
    const milliseconds after(moment(random));
    CAPTURE(i);
    CAPTURE(after.count());
    auto command = rig.command(prefix);
    command.output = rig.sandbox().folder() / fmt::format("term-{}.log", i);
    process::Child child(command);
    std::this_thread::sleep_for(after);
    child.signal_group(SIGTERM);
    const auto told = steady_clock::now();
    const auto exit = child.wait();
    CHECK(steady_clock::now() - told < std::chrono::seconds(4));
    INFO(file::read(command.output));
    if (exit.signal == SIGTERM) {
      ++killed;
    } else {
      CHECK(exit.code == 0);  // the signal came when all was done
      CHECK(rig.is_stored(prefix));
    }
    CHECK(rig.left_files() == 0);
    if (!rig.unfinished(prefix).empty()) {
      ++resumable;
      const auto next = rig.run(prefix);
      CHECK(next.exit.ok());
      CHECK(number_at(result_of(next), "/resumed") > 0);
      CHECK(rig.unfinished(prefix).empty());
    }
  }
  MESSAGE(killed, " of ", terminations, " runs died by the signal, ", resumable,
          " uploads were left and resumed; a whole run took ", whole.count(), " ms");
  CHECK(killed > 0);
}

TEST_CASE("what a killed run has sent, the next run does not send again") {
  Rig rig;
  const process::Command command = [&] {
    auto it = rig.command("kill");
    it.output = rig.sandbox().folder() / "kill.log";
    return it;
  }();
  std::size_t parts = 0;
  {
    process::Child child(command);
    const auto deadline = steady_clock::now() + std::chrono::seconds(30);
    while (parts < 3 && steady_clock::now() < deadline) parts = rig.parts_of("kill");
    child.signal_group(SIGKILL);
    CHECK(child.wait().signal == SIGKILL);
  }
  REQUIRE(parts >= 3);
  CHECK(rig.unfinished("kill").size() == 1);

  const auto next = rig.run("kill");

  INFO(next.err);
  REQUIRE(next.exit.ok());
  const auto result = result_of(next);
  CHECK(number_at(result, "/parts") == 26);
  CHECK(number_at(result, "/resumed") >= static_cast<std::int64_t>(parts));
  CHECK(next.err.find("of 26 parts were there") != std::string::npos);
  CHECK(rig.unfinished("kill").empty());
  CHECK(rig.is_stored("kill"));
}

TEST_CASE("faults of the service on the way do not show in what is stored") {
  Rig rig;
  struct Fault {
    std::string name;
    std::vector<std::string> arguments;
  };
  const std::vector<Fault> faults{
      {"lost-complete", {"--operation", "CompleteMultipartUpload", "--drop", "after"}},
      {"error-in-200",
       {"--operation", "CompleteMultipartUpload", "--error-in-200", "InternalError"}},
      {"slow-down",
       {"--operation", "UploadPart", "--status", "503", "--code", "SlowDown", "--times", "3"}},
      {"part-500",
       {"--operation", "UploadPart", "--status", "500", "--code", "InternalError", "--skip", "4"}}};
  for (const auto& fault : faults) {
    CAPTURE(fault.name);
    rig.fault(fault.arguments);
    const auto ran = rig.run(fault.name);
    INFO(ran.err);
    REQUIRE(ran.exit.ok());
    CHECK(*at(result_of(ran), "/uploaded").find_bool());
    CHECK(rig.is_stored(fault.name));
    CHECK(rig.unfinished(fault.name).empty());
    CHECK_FALSE(*at(result_of(rig.run(fault.name)), "/uploaded").find_bool());
  }
}
