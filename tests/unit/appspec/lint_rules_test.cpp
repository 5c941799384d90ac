// SPDX-License-Identifier: Apache-2.0
//
// Every rule, with bundles it speaks of and bundles it is silent about.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "appspec/linter.hpp"
#include "unit/appspec/sample_bundle.hpp"

namespace {

using appspec::Severity;
using enum appspec::Severity;

struct Failing {
  std::string rule;
  std::string name;
  SampleBundle bundle;
  Severity severity = error;
  int line = 0;  // 0: not looked at
  int column = 0;
  appspec::LintOptions options{};
};

struct Passing {
  std::string rule;
  std::string name;
  SampleBundle bundle;
  appspec::LintOptions options{};
};

const std::string head = "version: 0.0\nos: linux\n";

SampleBundle spec(const std::string& text) { return clean_bundle(text); }
SampleBundle top(const std::string& lines) { return clean_bundle(with_top(lines)); }
SampleBundle hook(const std::string& lines) { return clean_bundle(with_hook(lines)); }
SampleBundle permission(const std::string& lines) {
  return top("permissions:\n  - object: /srv/shop\n" + lines);
}
SampleBundle files(const std::string& lines) {
  return spec(head + "files:\n" + lines +
              "hooks:\n  ValidateService: [{location: scripts/check.sh}]\n");
}
SampleBundle script(const std::string& text) {
  return clean_bundle().set("scripts/check.sh", text);
}
SampleBundle bash(const std::string& lines) {
  return script("#!/usr/bin/env bash\nset -euo pipefail\n" + lines);
}
SampleBundle runas(const std::string& user) { return hook("      runas: " + user + "\n"); }
SampleBundle without_appspec(const std::string& path) {
  return SampleBundle({{path, clean_bundle().text("appspec.yml")},
                       {"app/shop.conf", "x"},
                       {"scripts/check.sh", sample_script}});
}
SampleBundle in_folder() {
  return SampleBundle({{"shop/appspec.yml", clean_bundle().text("appspec.yml")},
                       {"shop/app/shop.conf", "x"},
                       {"shop/scripts/check.sh", sample_script}});
}

const appspec::LintOptions in_place{.type = appspec::DeploymentType::in_place};

std::vector<Failing> failing_yaml() {
  return {
      {"A01", "no appspec", SampleBundle().set("readme", "x")},
      {"A01", "appspec below the root", without_appspec("deploy/appspec.yml")},
      {"A01", "one folder, which the agent strips", in_folder(), advice},
      {"A02", ".yaml", without_appspec("appspec.yaml"), warning},
      {"A02", "both names", clean_bundle().set("appspec.yaml", "x: 1\n"), warning},
      {"A03", "empty file", SampleBundle().set("appspec.yml", ""), error, 1, 1},
      {"A03", "only a comment", SampleBundle().set("appspec.yml", "# nothing\n")},
      {"A03", "a list", spec("- version: 0.0\n- os: linux\n"), error, 1, 1},
      {"A04", "version missing", spec("os: linux\n")},
      {"A04", "version 1.0", spec("version: 1.0\nos: linux\n"), error, 1, 10},
      {"A04", "version is a word", spec("version: zero\nos: linux\n")},
      {"A05", "version quoted", spec("os: linux\nversion: '0.0'\n"), error, 2, 10},
      {"A05", "version quoted in JSON", spec(R"({"version": "0.0", "os": "linux"})"), error, 1, 13},
      {"A06", "Linux", spec("version: 0.0\nos: Linux\n"), error, 2, 5},
      {"A06", "missing", spec("version: 0.0\n")},
      {"A06", "windows", spec("version: 0.0\nos: windows\n")},
      {"A07", "bad syntax", spec(head + "a: [1\n")},
      {"A07", "tab", spec(head + "hooks:\n\tValidateService: []\n"), error, 4},
      {"A07", "byte order mark", spec("\xEF\xBB\xBF" + head), error, 1, 1},
      {"A07", "alias", spec(head + "x: &a 1\nz: *a\n"), error, 4, 4},
      {"A07", "date", spec(head + "released: 2026-01-31\n"), error, 3, 11},
      {"A07", "date as a key", spec(head + "notes:\n  2026-01-31: x\n"), error, 4, 3},
      {"A07", "template that was not filled in", spec(head + "x: {{ version }}\n"), error, 3},
      {"A07", "Ruby object", spec(head + "x: !ruby/object:Set {a: 1}\n"), error, 3},
      {"A08", "permission", top("permission:\n  - object: /srv/shop\n"), warning, 6, 1},
      {"A08", "in a script", hook("      run_as: root\n"), warning, 10, 7},
      {"A08", "in a permission", permission("    mods: '0644'\n"), warning, 8, 5},
      {"A09", "event twice", hook("  ValidateService:\n    - location: scripts/check.sh\n"),
       warning, 10, 3},
      {"A09", "quoted and plain", spec("version: 0.0\n'os': linux\nos: linux\n"), warning, 3, 1},
  };
}

std::vector<Passing> passing_yaml() {
  return {
      {"A01", "in the root", clean_bundle()},
      {"A01", "as a link",
       SampleBundle({{"appspec.yml", "-> etc/appspec.yml"}, {"etc/appspec.yml", head}})},
      {"A02", ".yml", clean_bundle()},
      {"A02", ".yaml in a folder", clean_bundle().set("app/appspec.yaml", "x: 1\n")},
      {"A03", "JSON", spec(R"({"version": 0.0, "os": "linux"})")},
      {"A04", "0", spec("version: 0\nos: linux\n")},
      {"A04", "0.00", spec("version: 0.00\nos: linux\n")},
      {"A04", "-0.0", spec("version: -0.0\nos: linux\n")},
      {"A05", "plain", clean_bundle()},
      {"A06", "quoted", spec("version: 0.0\nos: 'linux'\n")},
      {"A07", "CRLF", spec("version: 0.0\r\nos: linux\r\n")},
      {"A07", "second document", spec(head + "---\nfoo: [\n")},
      {"A07", "anchor that nothing refers to", spec(head + "x: &a 1\n")},
      {"A07", "quoted date", spec(head + "released: '2026-01-31'\n")},
      {"A08", "known keys", top("file_exists_behavior: OVERWRITE\npermissions: []\n")},
      {"A09", "same key in two scripts",
       hook("  AfterInstall:\n    - location: scripts/check.sh\n      timeout: 60\n")},
  };
}

std::vector<Failing> failing_files() {
  return {
      {"F01", "a map", files("  source: app\n  destination: /srv\n"), error, 4, 3},
      {"F01", "a scalar", top("x: 1\n").set("appspec.yml", head + "files: app\n"), error, 3, 8},
      {"F02", "split by a dash", files("  - source: app\n  - destination: /srv\n"), error, 4, 5},
      {"F02", "plain strings", files("  - app\n"), error, 4, 5},
      {"F02", "source without value", files("  - source:\n    destination: /srv\n"), error, 4, 5},
      {"F03", "missing", files("  - source: apps.jar\n    destination: /srv\n"), error, 4, 13},
      {"F03", "other case", files("  - source: app/Shop.conf\n    destination: /srv\n"), error, 4,
       13},
      {"F04", "glob", files("  - source: app/*.conf\n    destination: /srv\n"), error, 4, 13},
      {"F05", "overwrite", files("  - {source: app, destination: /srv, overwrite: yes}\n"), warning,
       4, 38},
      {"F05", "behaviour in an item",
       files("  - source: app\n    destination: /srv\n    file_exists_behavior: OVERWRITE\n"),
       warning, 6, 5},
      {"F06", "lower case", top("file_exists_behavior: overwrite\n"), error, 6, 23},
      {"F06", "a word", top("file_exists_behavior: REPLACE\n")},
      {"F07", "root", files("  - source: /\n    destination: /srv\n"), warning, 4, 13},
      {"F07", "relative", files("  - source: app\n    destination: srv\n"), warning, 5, 18},
      {"F07", "file name", files("  - source: app/shop.conf\n    destination: /srv/shop.conf\n"),
       warning, 5, 18},
      {"F07", "another file name",
       files("  - source: app/shop.conf\n    destination: /srv/x.conf\n"), warning, 5, 18},
      {"F07", "out of the bundle", files("  - source: ../etc\n    destination: /srv\n"), warning, 4,
       13},
      {"F08", "a file twice",
       files("  - source: app\n    destination: /srv\n  - source: app/shop.conf\n"
             "    destination: /srv\n"),
       error, 6, 5},
      {"F08", "file and folder",
       clean_bundle(head + "files:\n  - {source: app, destination: /srv}\n"
                           "  - {source: other/more, destination: /srv}\n")
           .set("other/more", "x"),
       error, 5},
  };
}

std::vector<Passing> passing_files() {
  return {
      {"F01", "a list", clean_bundle()},
      {"F01", "no value", spec(head + "files:\n")},
      {"F02", "both", clean_bundle()},
      {"F03", "a folder with a slash", files("  - source: /app/\n    destination: /srv\n")},
      {"F03", "through a link",
       files("  - source: now/shop.conf\n    destination: /srv\n").set("now", "-> app")},
      {"F04", "a file of that name",
       files("  - source: app/[a].txt\n    destination: /srv\n").set("app/[a].txt", "x")},
      {"F05", "two keys", clean_bundle()},
      {"F06", "RETAIN", top("file_exists_behavior: RETAIN\n")},
      {"F07", "absolute folder", clean_bundle()},
      {"F07", "folder with a dot", files("  - source: app\n    destination: /srv/v1.conf\n")},
      {"F08", "two folders",
       files("  - source: app\n    destination: /srv\n  - source: app\n    destination: /opt\n")},
  };
}

std::vector<Failing> failing_permissions() {
  return {
      {"P01", "missing", top("permissions:\n  - mode: '0644'\n"), error, 7, 5},
      {"P01", "empty", top("permissions:\n  - object: ''\n"), error, 7, 5},
      {"P02", "0755", permission("    mode: 0755\n"), error, 8, 11},
      {"P02", "0600", permission("    mode: 0600\n")},
      {"P02", "0700", permission("    mode: 0700\n")},
      {"P02", "888", permission("    mode: 888\n")},
      {"P02", "u+x", permission("    mode: u+x\n")},
      {"P02", "a list", permission("    mode: [6, 4, 4]\n")},
      {"P03", "type", permission("    type: file\n"), error, 8, 11},
      {"P03", "except", permission("    except: x\n"), error, 8, 13},
      {"P03", "permissions", top("permissions:\n  object: /srv/shop\n"), error, 7, 3},
      {"P04", "capital", permission("    type: [File]\n"), error, 8, 12},
      {"P04", "link", permission("    type: [symlink]\n")},
      {"P05", "no type", permission("    context: {range: s0}\n"), error, 8, 14},
      {"P05", "no range", permission("    context: {type: httpd_sys_content_t}\n"), error, 8, 14},
      {"P06", "owner", permission("    acls: ['u::rw']\n"), error, 8, 12},
      {"P06", "others", permission("    acls: ['o::r']\n")},
      {"P06", "letters", permission("    acls: ['u:shop:z']\n")},
      {"P07", "0644", permission("    type: [file]\n    mode: 0644\n"), warning, 9, 11},
      {"P07", "0777", permission("    mode: 0777\n"), warning},
      {"P07", "04755", permission("    mode: 04755\n"), warning},
      {"P08", "nothing there", top("permissions:\n  - object: /srv/other\n    owner: shop\n"),
       warning, 7, 13},
      {"P08", "relative", top("permissions:\n  - object: srv/shop\n    owner: shop\n"), warning, 7,
       13},
      {"P08", "folders that nobody can enter", permission("    mode: '0644'\n"), warning, 8, 11},
      {"P08", "setuid with owner",
       permission("    type: [file]\n    mode: '4755'\n    owner: shop\n"), warning, 9, 11},
      {"P08", "user of a context", permission("    context: {user: x, type: t, range: s0}\n"),
       warning, 8, 15},
      {"P08", "pattern that matches nothing", permission("    pattern: '*.jar'\n    owner: shop\n"),
       warning, 7, 13},
      {"P09", "same object twice",
       top("permissions:\n  - object: /srv/shop\n    owner: a\n  - object: /srv/shop\n"
           "    pattern: '*.conf'\n    owner: b\n"),
       error, 9, 5},
      {"P09", "pattern on a file",
       top("permissions:\n  - object: /srv/shop/shop.conf\n    pattern: '*'\n    owner: a\n"),
       error, 8, 14},
      {"P09", "except on a file",
       top("permissions:\n  - object: /srv/shop/shop.conf\n    except: [x]\n    owner: a\n"), error,
       8},
  };
}

std::vector<Passing> passing_permissions() {
  return {
      {"P01", "an object", permission("    owner: shop\n")},
      {"P02", "755", permission("    mode: 755\n")},
      {"P02", "quoted", permission("    mode: '0755'\n")},
      {"P02", "one digit", permission("    mode: 7\n")},
      {"P03", "lists", permission("    type: [file]\n    except: [x]\n    owner: a\n")},
      {"P04", "both", permission("    type: [file, directory]\n    owner: a\n")},
      {"P05", "complete", permission("    context: {type: t, range: s0}\n")},
      {"P06", "named", permission("    acls: ['u:shop:rw', 'm::rwx', 'd:g:web:5', 'd::rw']\n")},
      {"P07", "quoted", permission("    type: [file]\n    mode: '0644'\n")},
      {"P07", "644", permission("    type: [file]\n    mode: 644\n")},
      {"P08", "a folder above", top("permissions:\n  - object: /srv\n    owner: shop\n")},
      {"P08", "a file", top("permissions:\n  - object: /srv/shop/shop.conf\n    mode: '0640'\n")},
      {"P08", "files only", permission("    mode: '0644'\n    type: [file]\n")},
      {"P08", "files could not be followed",
       clean_bundle(head + "files: [{source: gone, destination: /x}]\n"
                           "permissions: [{object: /x/gone, owner: a}]\n")},
      {"P09", "told apart by type",
       permission(
           "    type: [file]\n    mode: '0644'\n  - object: /srv/shop\n    type: [directory]\n"
           "    mode: '0755'\n")},
      {"P09", "told apart by pattern",
       permission("    type: [file]\n    pattern: '*.conf'\n    owner: a\n"
                  "  - object: /srv/shop/more\n    owner: b\n")},
  };
}

std::vector<Failing> failing_hooks() {
  return {
      {"H01", "a list", spec(head + "hooks:\n  - ValidateService\n"), error, 4, 3},
      {"H02", "a scalar", hook("  AfterInstall: scripts/check.sh\n"), error, 10, 17},
      {"H02", "a map", hook("  AfterInstall:\n    location: scripts/check.sh\n"), error, 11, 5},
      {"H02", "no value", hook("  AfterInstall:\n"), error, 10, 3},
      {"H02", "plain strings", hook("  AfterInstall:\n    - scripts/check.sh\n"), error, 11, 7},
      {"H03", "missing", hook("  AfterInstall:\n    - timeout: 60\n"), error, 11, 7},
      {"H03", "empty", hook("  AfterInstall:\n    - location: ''\n"), error, 11, 17},
      {"H04", "missing", hook("  AfterInstall:\n    - location: scripts/gone.sh\n"), error, 11, 17},
      {"H04", "other case", hook("  AfterInstall:\n    - location: scripts/Check.sh\n"), error, 11,
       17},
      {"H04", "folder", hook("  AfterInstall:\n    - location: scripts\n"), error, 11, 17},
      {"H04", "arguments", hook("  AfterInstall:\n    - location: scripts/check.sh --fast\n"),
       error, 11, 17},
      {"H04", "space in the name",
       hook("  AfterInstall:\n    - location: scripts/a b.sh\n")
           .set("scripts/a b.sh", sample_script),
       error, 11, 17},
      {"H04", "link that leads out",
       hook("  AfterInstall:\n    - location: run.sh\n").set("run.sh", "-> ../x.sh"), error},
      {"H05", "typing slip", hook("  AplicationStart:\n    - location: scripts/check.sh\n"),
       warning, 10, 3},
      {"H05", "other case", hook("  afterinstall:\n    - location: scripts/check.sh\n"), warning,
       10, 3},
      {"H05", "event of ECS", hook("  AfterAllowTestTraffic:\n    - location: scripts/check.sh\n"),
       warning, 10, 3},
      {"H05", "reserved", hook("  Install:\n    - location: scripts/check.sh\n"), error, 10, 3},
      {"H05", "blue hosts run the previous one",
       hook("  AfterBlockTraffic:\n    - location: scripts/check.sh\n"), warning, 10, 3},
      {"H06", "zero", hook("  AfterInstall: [{location: scripts/check.sh, timeout: 0}]\n"), error,
       10},
      {"H06", "a word", hook("  AfterInstall: [{location: scripts/check.sh, timeout: abc}]\n")},
      {"H06", "suffix", hook("  AfterInstall: [{location: scripts/check.sh, timeout: 5m}]\n"),
       warning},
      {"H06", "base sixty", hook("  AfterInstall: [{location: scripts/check.sh, timeout: 1:30}]\n"),
       warning},
      {"H06", "octal", hook("  AfterInstall: [{location: scripts/check.sh, timeout: 0300}]\n"),
       warning},
      {"H06", "fraction", hook("  AfterInstall: [{location: scripts/check.sh, timeout: 1.9}]\n"),
       warning},
      {"H06", "sum",
       hook("  AfterInstall:\n    - {location: scripts/check.sh, timeout: 3000}\n"
            "    - {location: scripts/check.sh, timeout: 1000}\n"),
       warning, 10, 3},
      {"H06", "pull in a minute", bash("docker pull \"$IMAGE\"\n"), advice, 8, 17},
      {"H07", "no shell", runas("nobody"), warning, 10, 14},
      {"H07", "number", runas("1000"), warning, 10, 14},
      {"H07", "not readable", runas("shop").mode("scripts/check.sh", 0700), warning, 8, 17},
      {"H07", "sudo",
       runas("shop").set("scripts/check.sh", "#!/bin/bash\nset -e\nsudo systemctl restart shop\n"),
       warning, 3, 1},
  };
}

std::vector<Passing> passing_hooks() {
  const std::string after = "  AfterInstall:\n    - location: ";
  return {
      {"H01", "a map", clean_bundle()},
      {"H01", "no value", spec(head + "hooks:\n")},
      {"H02", "a list", clean_bundle()},
      {"H02", "an empty list", hook("  AfterInstall: []\n")},
      {"H03", "given", clean_bundle()},
      {"H04", "with ./", hook(after + "./scripts/check.sh\n")},
      {"H04", "with a leading /", hook(after + "/scripts/check.sh\n")},
      {"H04", "with ..", hook(after + "scripts/../scripts/check.sh\n")},
      {"H04", "a link", hook(after + "run.sh\n").set("run.sh", "-> scripts/check.sh")},
      {"H04", "through a link", hook(after + "bin/check.sh\n").set("bin", "-> ./scripts")},
      {"H05", "all events",
       hook("  ApplicationStop: []\n  BeforeInstall: []\n  AfterInstall: []\n"
            "  ApplicationStart: []\n  BeforeAllowTraffic: []\n  AfterAllowTraffic: []\n")},
      {"H05", "in place with a load balancer", hook("  AfterBlockTraffic: []\n"), in_place},
      {"H06", "a number", clean_bundle()},
      {"H06", "a quoted number", hook(after + "scripts/check.sh\n      timeout: '300'\n")},
      {"H06", "none", hook(after + "scripts/check.sh\n    - location: scripts/check.sh\n")},
      {"H06", "pull with time",
       hook(after + "scripts/pull.sh\n      timeout: 600\n")
           .set("scripts/pull.sh", "#!/bin/bash\nset -e\ndocker pull \"$IMAGE\"\n")},
      {"H07", "a user with a shell", runas("ec2-user")},
      {"H07", "root", runas("root")},
      {"H07", "the agent makes it executable for all",
       runas("shop").mode("scripts/check.sh", 0644)},
  };
}

std::vector<Failing> failing_scripts() {
  return {
      {"S01", "CRLF", script("#!/bin/bash\r\nset -e\r\necho\r\n"), error, 1, 12},
      {"S01", "no path", script("#!bash\nset -e\necho\n"), error, 1, 1},
      {"S01", "empty", script("#! \nset -e\necho\n"), error, 1, 1},
      {"S01", "env alone", script("#!/usr/bin/env\nset -e\necho\n"), error, 1, 1},
      {"S01", "CRLF below", script("#!/bin/bash\nset -e\r\necho\r\n"), error, 2, 7},
      {"S01", "byte order mark", script("\xEF\xBB\xBF#!/bin/bash\nset -e\necho\n"), error, 1, 1},
      {"S01", "Python with CRLF", script("#!/usr/bin/python3\r\nprint()\r\n"), error, 1, 19},
      {"S02", "no interpreter line", script("set -e\necho\n"), warning, 1, 1},
      {"S02", "no set -e", script("#!/bin/bash\necho a\necho b\n"), warning, 1, 1},
      {"S02", "no pipefail", script("#!/bin/bash\nset -eu\ncurl x | tar x\n"), warning, 3, 1},
      {"S02", "| true", bash("docker stop a | true\necho\n"), warning, 3, 17},
      {"S02", "final || true", bash("echo\ndocker start a || true\n"), warning, 4, 19},
      {"S02", "nobody can execute it", clean_bundle().mode("scripts/check.sh", 0644), advice, 1, 1},
      {"S03", "plain", bash("java -jar a.jar &\n"), warning, 3, 1},
      {"S03", "nohup", bash("nohup java -jar a.jar >a.log &\necho\n"), warning, 3, 1},
      {"S03", "order of redirections", bash("java -jar a.jar 2>&1 >a.log </dev/null &\n"), warning,
       3},
      {"S03", "a group", bash("{ sleep 9; echo; } &\n"), warning, 3},
      {"S04", "latest", bash("docker run -d -p 80:80 shop/app:latest\n"), error, 3, 24},
      {"S04", "no tag", bash("sudo docker pull shop/app\n"), error, 3, 18},
      {"S04", "a tag", bash("docker run --rm --network host -e A=1 shop/app:1.2 sh -c ls\n"), error,
       3},
      {"S04", "a variable tag", bash("docker pull \"shop/app:$VERSION\"\n"), error, 3, 13},
      {"S04", "a variable's value", bash("IMAGE=shop/app:2\ndocker pull \"$IMAGE\"\n"), error, 4,
       13},
      {"S04", "in an env file", clean_bundle().set("release.env", "A=1\nIMAGE=shop/app:1.2\n"),
       error, 2, 7},
      {"S04", "in a compose file",
       clean_bundle().set("app/docker-compose.yml",
                          "services:\n  web:\n    image: \"shop/app:1.2\"\n"),
       error, 3, 12},
      {"S04", "without a tag in a compose file",
       clean_bundle().set("compose.override.yaml", "services: {web: {image: shop/app}}\n"), error,
       1, 25},
      {"S04", "a variable tag in a compose file",
       clean_bundle().set("docker-compose.prod.yml",
                          "services:\n  web:\n    image: shop/app:${TAG:-latest}\n"),
       error, 3, 12},
      {"S04", "in a substitution", bash("id=$(docker run -d shop/app:1)\necho \"$id\"\n"), error, 3,
       20},
      {"S05", "rmi before pull", bash("docker rmi old\ndocker pull \"$IMAGE\"\n"), warning, 3, 1},
      {"S05", "rm before pull", bash("docker rm -f shop || true\ndocker pull \"$IMAGE\"\necho\n"),
       warning, 3, 1},
      {"S05", "mixed sudo", bash("docker ps\nsudo docker stop shop\n"), warning, 4, 1},
      {"S06", "no ValidateService",
       spec(head + "hooks:\n  AfterInstall:\n    - location: scripts/check.sh\n"), warning, 3, 1},
      {"S06", "empty ValidateService", spec(head + "hooks:\n  ValidateService: []\n"), warning},
      {"S06", "no ApplicationStop in place",
       hook("  ApplicationStart:\n    - location: scripts/check.sh\n"), warning, 6, 1, in_place},
      {"B01", ".env", clean_bundle().set("app/.env", "A=1\n"), warning},
      {"B01", "private key", clean_bundle().set("a.pem", "-----BEGIN RSA PRIVATE KEY-----\n"),
       warning},
      {"B01", "history", clean_bundle().set(".git/HEAD", "ref: x\n"), warning},
      {"B01", "link out", clean_bundle().set("app/up", "-> ../../x"), warning},
      {"B01", "absolute link", clean_bundle().set("app/up", "-> /etc/passwd"), warning},
      {"B01", "name that is no UTF-8", clean_bundle().set("app/\xff", "x"), warning},
      {"B01",
       "size",
       clean_bundle().set("app/big", std::string(2000, 'x')),
       warning,
       0,
       0,
       {.large_bundle = 1000}},
  };
}

std::vector<Passing> passing_scripts() {
  const std::string digest(64, 'a');
  return {
      {"S01", "env", clean_bundle()},
      {"S01", "with a space", script("#! /bin/bash -e\necho\n")},
      {"S01", "usr bin bash", script("#!/usr/bin/bash\nset -e\necho\n")},
      {"S01", "CRLF in Python is its own affair below", script("#!/usr/bin/python3\nprint()\r\n")},
      {"S02", "one command", script("#!/bin/sh\nexec /opt/shop/stop\n")},
      {"S02", "option in the interpreter line", script("#!/bin/bash -eu\necho a\necho b\n")},
      {"S02", "errexit", script("#!/bin/sh\nset -o errexit\necho a\necho b\n")},
      {"S02", "set -e from a sourced file",
       script("#!/bin/bash\n. \"$(dirname \"$0\")/common.sh\"\necho a\necho b\n")
           .set("scripts/common.sh", "set -euo pipefail\n")},
      {"S02", "pipeline in a condition",
       script("#!/bin/bash\nset -e\nif a | grep -q b; then c; fi\n")},
      {"S02", "|| true that is not the end", bash("docker rm x || true\ndocker start y\n")},
      {"S02", "sh has no pipefail", script("#!/bin/sh\nset -e\na | b\n")},
      {"S02", "true in a here-document", bash("cat <<EOF\na | true\nEOF\necho\n")},
      {"S02", "true in quotes and comments", bash("echo 'a | true' # b | true\n")},
      {"S02", "Python", script("#!/usr/bin/python3\nprint()\nprint()\n")},
      {"S03", "all redirected", bash("java -jar a.jar >a.log 2>&1 </dev/null &\n")},
      {"S03", "both at once", bash("java -jar a.jar &>a.log &\n")},
      {"S03", "exec before", bash("exec >a.log 2>&1\njava -jar a.jar &\n")},
      {"S03", "awaited", bash("a &\nb &\nwait\n")},
      {"S03", "&& and >&2", bash("a && b >&2\n[[ a && b ]] && c\n")},
      {"S03", "in an URL", bash("curl 'http://x/?a=1&b=2'\ncurl http://x/?a=1\\&b=2\n")},
      {"S04", "digest", bash("docker pull shop/app@sha256:" + digest + "\n")},
      {"S04", "from release.env",
       bash(". ./release.env\ndocker run -d --name x \"$IMAGE\"\n")
           .set("release.env", "IMAGE=shop/app@sha256:" + digest + "\n")},
      {"S04", "a variable digest", bash("docker pull \"shop/app@$DIGEST\"\n")},
      {"S04", "built here", bash("docker build -t shop .\ndocker run -d shop\n")},
      {"S04", "loaded here", bash("docker load -i x.tar\ndocker run -d shop:1\n")},
      {"S04", "removed, not run", bash("docker rmi shop:latest\n")},
      {"S04", "printed", bash("echo docker pull shop:latest\n")},
      {"S04", "digests and variables in a compose file",
       clean_bundle().set("compose.yml",
                          "services:\n  web:\n    image: ${IMAGE}\n  db:\n    image: db@sha256:" +
                              digest + "\n  own:\n    image: own:1\n    build: .\n  none: {}\n")},
      {"S04", "a compose file that is none",
       clean_bundle()
           .set("compose.yml", "services: [a\n")
           .set("app/compose.yml", "- image: a:1\n")},
      {"S04", "another YAML file",
       clean_bundle().set("app/composed.yml", "services: {web: {image: shop:1}}\n")},
      {"S04", "loaded here, run by compose",
       bash("docker load -i x.tar\ndocker compose up -d\n")
           .set("compose.yml", "services: {web: {image: shop:1}}\n")},
      {"S04", "other variables", clean_bundle().set("release.env", "IMAGE_TAG=1\nPORT=80\n")},
      {"S05", "pull, then remove", bash("docker pull \"$IMAGE\"\ndocker rm -f x\n")},
      {"S05", "sudo throughout", bash("sudo docker stop a\nsudo docker start b\n")},
      {"S06", "ValidateService", clean_bundle()},
      {"S06", "ApplicationStop in place",
       hook("  ApplicationStart: [{location: scripts/check.sh}]\n"
            "  ApplicationStop: [{location: scripts/check.sh}]\n"),
       in_place},
      {"S06", "no ApplicationStop on new hosts",
       hook("  ApplicationStart: [{location: scripts/check.sh}]\n")},
      {"B01", "release.env", clean_bundle().set("release.env", "A=1\n")},
      {"B01", "certificate", clean_bundle().set("ca.pem", "-----BEGIN CERTIFICATE-----\n")},
      {"B01", "link inside", clean_bundle().set("app/link", "-> ../scripts/check.sh")},
      {"B01", "UTF-8 name", clean_bundle().set("app/ü", "x")},
      {"B01",
       "a secret that is wanted",
       clean_bundle().set("app/.env", "A=1\n"),
       {.wanted_secrets = {"app/.env"}}},
  };
}

template <typename T>
std::vector<T> joined(std::initializer_list<std::vector<T>> lists) {
  std::vector<T> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::vector<Failing> all_failing() {
  return joined(
      {failing_yaml(), failing_files(), failing_permissions(), failing_hooks(), failing_scripts()});
}
std::vector<Passing> all_passing() {
  return joined(
      {passing_yaml(), passing_files(), passing_permissions(), passing_hooks(), passing_scripts()});
}

std::string told(const appspec::LintReport& report) {
  std::string text;
  for (const auto& finding : report.findings) {
    text += finding.path + ":" + std::to_string(finding.line) + ":" +
            std::to_string(finding.column) + " " + finding.rule + " " + finding.message + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("each rule speaks where it should, with its severity and place") {
  for (const auto& example : all_failing()) {
    CAPTURE(example.rule);
    CAPTURE(example.name);
    const auto report = example.bundle.lint(example.options);
    CAPTURE(told(report));
    const auto found = std::find_if(
        report.findings.begin(), report.findings.end(), [&](const appspec::Finding& finding) {
          return finding.rule == example.rule && finding.severity == example.severity &&
                 (example.line == 0 || finding.line == example.line) &&
                 (example.column == 0 || finding.column == example.column);
        });
    CHECK(found != report.findings.end());
    if (found == report.findings.end()) continue;
    CHECK_FALSE(found->message.empty());
    CHECK_FALSE(found->agent.empty());
    CHECK_FALSE(found->fix.empty());
  }
}

TEST_CASE("each rule is silent where all is well") {
  for (const auto& example : all_passing()) {
    CAPTURE(example.rule);
    CAPTURE(example.name);
    const auto report = example.bundle.lint(example.options);
    CAPTURE(told(report));
    CHECK_FALSE(rules_of(report).contains(example.rule));
  }
}

TEST_CASE("every rule of the table has a failing and a passing example") {
  std::set<std::string> known, failing, passing;
  for (const auto& rule : appspec::rules()) known.insert(std::string(rule.id));
  for (const auto& example : all_failing()) failing.insert(example.rule);
  for (const auto& example : all_passing()) passing.insert(example.rule);

  CHECK(failing == known);
  CHECK(passing == known);
}

TEST_CASE("nothing is said of a bundle that is in order") {
  CHECK(told(clean_bundle().lint()).empty());
}

TEST_CASE("rules that carry edits are those that say so, and one fix leaves nothing to fix") {
  std::set<std::string> with_edits;
  for (const auto& example : all_failing()) {
    CAPTURE(example.rule);
    CAPTURE(example.name);
    for (const auto& finding : example.bundle.lint().findings) {
      if (!finding.edits.empty()) with_edits.insert(finding.rule);
    }
    const auto fixed = example.bundle.fixed();
    const auto left = fixed.lint();
    CAPTURE(told(left));
    CHECK(appspec::edits_by_file(left.findings).empty());
  }
  std::set<std::string> fixable;
  for (const auto& rule : appspec::rules()) {
    if (rule.fixable) fixable.insert(std::string(rule.id));
  }
  for (const auto& rule : fixable) CHECK_MESSAGE(with_edits.contains(rule), rule);
  for (const auto& rule : with_edits) CHECK_MESSAGE(fixable.contains(rule), rule);
}
