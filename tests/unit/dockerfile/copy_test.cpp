// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/copy.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "support/error_of.hpp"
#include "unit/dockerfile/build_folder.hpp"

namespace {

using build_folder::Folder;
using build_folder::listing;
using Paths = std::vector<std::string>;

const dockerfile::Copied& last_copy(const dockerfile::Plan& plan) {
  return std::get<dockerfile::Copied>(plan.target().steps.back().action);
}

}  // namespace

TEST_CASE("COPY puts files and folders where the engine does") {
  Folder folder;
  folder.add_all({"a.txt", "b.txt", "dir/x.txt", "dir/sub/y.txt", "lib/a.jar", "lib/b.jar",
                  "deep/one/f.txt", "deep/two/f.txt", "arr[0].txt"});
  struct Case {
    std::string line;
    Paths paths;
  };
  for (const Case& c : {
           Case{"COPY a.txt /", {"a.txt"}},
           Case{"COPY a.txt /new", {"new"}},
           Case{"COPY a.txt /new/", {"new/", "new/a.txt"}},
           Case{"COPY a.txt /x/y/new", {"x/", "x/y/", "x/y/new"}},
           Case{"COPY a.txt b.txt /d/", {"d/", "d/a.txt", "d/b.txt"}},
           Case{"COPY a.txt b.txt .", {"a.txt", "b.txt"}},
           Case{"COPY dir /d", {"d/", "d/sub/", "d/sub/y.txt", "d/x.txt"}},
           Case{"COPY dir/ /d/", {"d/", "d/sub/", "d/sub/y.txt", "d/x.txt"}},
           Case{"COPY dir /", {"sub/", "sub/y.txt", "x.txt"}},
           Case{"COPY ../../a.txt /", {"a.txt"}},
           Case{"COPY /a.txt /", {"a.txt"}},
           Case{"COPY lib/*.jar /l/", {"l/", "l/a.jar", "l/b.jar"}},
           Case{"COPY li?/a.jar /l", {"l"}},
           Case{"COPY d* /d/",
                {"d/", "d/one/", "d/one/f.txt", "d/sub/", "d/sub/y.txt", "d/two/", "d/two/f.txt",
                 "d/x.txt"}},
           Case{"COPY arr[[]0].txt /", {"arr[0].txt"}},
           Case{R"(COPY ["a.txt", "/b c/"])", {"b c/", "b c/a.txt"}},
           Case{"COPY --exclude=*.txt --exclude=sub dir /d/", {"d/"}},
           Case{"COPY --exclude=b.* lib/*.jar /l/", {"l/", "l/a.jar"}},
           Case{"COPY --parents deep/*/f.txt /p/",
                {"p/", "p/deep/", "p/deep/one/", "p/deep/one/f.txt", "p/deep/two/",
                 "p/deep/two/f.txt"}},
           Case{"COPY --parents deep/./one/f.txt /p", {"p/", "p/one/", "p/one/f.txt"}},
           Case{"WORKDIR /w\nCOPY a.txt .", {"w/", "w/a.txt"}},
           Case{"WORKDIR /w\nCOPY a.txt s/", {"w/", "w/a.txt"}},
           Case{"WORKDIR /w\nCOPY a.txt /w", {"w/", "w/a.txt"}},
           Case{"COPY <<f.txt /d/\nhello\nf.txt", {"d/", "d/f.txt"}},
       }) {
    CAPTURE(c.line);
    Paths expected = c.paths;
    if (c.line == "WORKDIR /w\nCOPY a.txt s/") expected = {"w/", "w/s/", "w/s/a.txt"};
    CHECK(listing(folder.plan("FROM scratch\n" + c.line + "\n")) == expected);
  }
}

TEST_CASE("modes follow the execute bit, --chmod reaches what is copied, owners are root's") {
  Folder folder;
  folder.add("d/run.sh", "x", 0700);
  folder.add("d/data", "x", 0600);
  std::filesystem::create_symlink("run.sh", folder.folder.path() / "d/link");

  const auto plain = folder.plan("FROM scratch\nCOPY d /a/b/\n").target().files;
  CHECK(plain.at("a").header.mode == 0755);
  CHECK(plain.at("a").if_absent);
  CHECK(plain.at("a/b").if_absent);
  CHECK(plain.at("a/b/run.sh").header.mode == 0755);
  CHECK(plain.at("a/b/data").header.mode == 0644);
  CHECK(plain.at("a/b/link").header.link_target == "run.sh");
  CHECK(plain.at("a/b/data").header.uid == 0);
  CHECK(plain.at("a/b/data").header.mtime == archives::fixed_mtime);

  const auto changed =
      folder.plan("FROM scratch\nCOPY --chmod=0440 --chown=1000:10 d /a/b/\n").target().files;
  CHECK(changed.at("a").header.mode == 0755);
  CHECK(changed.at("a").header.uid == 1000);
  CHECK(changed.at("a/b").header.mode == 0755);
  CHECK(changed.at("a/b").header.uid == 1000);
  CHECK(changed.at("a/b/data").header.mode == 0440);
  CHECK(changed.at("a/b/data").header.gid == 10);

  const auto named = folder.plan("FROM scratch\nCOPY --chown=app d/data /x\n").target().files;
  CHECK(named.at("x").owner == "app");
  const auto single = folder.plan("FROM scratch\nCOPY --chown=7 d/data /x\n").target().files;
  CHECK(single.at("x").owner.empty());
  CHECK(single.at("x").header.gid == 7);
}

TEST_CASE("a link that is named is followed, within the context") {
  Folder folder;
  folder.add("real/f.txt", "content");
  std::filesystem::create_symlink("/real", folder.folder.path() / "dirlink");
  std::filesystem::create_symlink("../../../real/f.txt", folder.folder.path() / "filelink");
  std::filesystem::create_symlink("loop", folder.folder.path() / "loop");

  const auto plan = folder.plan("FROM scratch\nCOPY dirlink /d/\nCOPY filelink /e/\n");
  CHECK(listing(plan) == Paths{"d/", "d/f.txt", "e/", "e/filelink"});
  CHECK(plan.target().files.at("e/filelink").header.size == 7);
  CHECK(listing(folder.plan("FROM scratch\nCOPY dirlink/f.txt /\n")) == Paths{"f.txt"});
  CHECK_THROWS_AS(folder.plan("FROM scratch\nCOPY loop /\n"), base::Error);
}

TEST_CASE("only the base image tells whether a bare destination is a folder") {
  Folder folder;
  folder.add("app.jar");
  dockerfile::Copied copied = last_copy(folder.plan("FROM debian:13\nCOPY app.jar /opt\n"));
  REQUIRE(copied.undecided);
  CHECK(copied.undecided->path == "opt");
  CHECK(copied.entries.contains("opt"));

  dockerfile::put_into_folder(copied);
  CHECK(copied.entries.contains("opt/app.jar"));
  CHECK(copied.entries.at("opt").if_absent);
  CHECK_FALSE(last_copy(folder.plan("FROM debian:13\nCOPY app.jar /opt/\n")).undecided);
  CHECK_FALSE(last_copy(folder.plan("FROM scratch\nCOPY app.jar /opt\n")).undecided);
}

TEST_CASE("what is left open stays open until a folder is made there") {
  Folder folder;
  folder.add_all({"a.txt", "b.txt", "d/x"});
  const std::string open = "FROM debian:13\nCOPY a.txt /opt\n";
  const dockerfile::Copied second = last_copy(folder.plan(open + "COPY b.txt /opt\n"));
  REQUIRE(second.undecided);
  CHECK(second.undecided->name == "b.txt");

  for (const char* line : {"COPY d /opt\n", "COPY d/x /opt/\n", "WORKDIR /opt\n"}) {
    CAPTURE(line);
    const dockerfile::Copied third = last_copy(folder.plan(open + line + "COPY b.txt /opt\n"));
    CHECK_FALSE(third.undecided);
    CHECK(third.entries.contains("opt/b.txt"));
  }
}

TEST_CASE("what the engine would refuse is refused with the line and a way out") {
  Folder folder;
  folder.add_all({"a.txt", "b.txt", "d/x", "one/n", "two/n/y"});
  struct Case {
    std::string line;
    std::string what;
    std::string hint;
  };
  for (const Case& c : {
           Case{"COPY gone /", "COPY: gone is not in the build context", ""},
           Case{"COPY a.txt b.txt /x", "COPY: several sources for the one name /x",
                "end the destination in \"/\": /x/"},
           Case{"COPY *.txt /x", "COPY: several files for the one name /x",
                "end the destination in \"/\": /x/"},
           Case{"COPY a.txt /f\nCOPY d /f", "COPY: /f is a file, a folder cannot become it", ""},
           Case{"COPY one two /d/", "COPY: /d/n is a file, a folder cannot become it", ""},
           Case{"COPY two one /d/", "COPY: /d/n is a folder, a file cannot become it", ""},
           Case{"COPY --chmod=9 a.txt /", "COPY: --chmod=9 is no mode",
                "octal digits from 0 to 07777"},
           Case{"COPY https://x.org/a /", "COPY: https://x.org/a is no path",
                "COPY takes files of the build context; ADD takes URLs"},
           Case{"COPY --from=3 a /", "COPY: there is no stage 3", ""},
           Case{"COPY --from=$X a /", "COPY: --from takes no variable",
                "name a stage by FROM with an ARG from before the first FROM"},
           Case{"COPY ${X:?} /", "COPY: X: must not be unset", ""},
       }) {
    CAPTURE(c.line);
    const base::Error error =
        support::error_of([&] { folder.plan("FROM scratch\n" + c.line + "\n"); });
    const std::string line = c.line.find('\n') == std::string::npos ? "2" : "3";
    CHECK(error.message() == "Dockerfile:" + line + ": " + c.what);
    CHECK(error.hint() == c.hint);
  }
}

TEST_CASE("a document is a file of its name, with variables unless its name is quoted") {
  Folder folder;
  const auto plan = folder.plan(
      "FROM scratch\nENV WHO=world\nCOPY <<a <<\"b\" /d/\nhi \"$WHO\"\na\nhi $WHO\nb\n");
  CHECK(plan.target().files.at("d/a").origin.text == "hi \"world\"\n");
  CHECK(plan.target().files.at("d/b").origin.text == "hi $WHO\n");
  CHECK(plan.target().files.at("d/a").header.mode == 0644);
}
