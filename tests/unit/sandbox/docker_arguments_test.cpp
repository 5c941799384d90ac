// SPDX-License-Identifier: Apache-2.0
#include "sandbox/shim/docker_arguments.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "text/split.hpp"

namespace {

const sandbox::shim::Scope scope{.sandbox = "s1", .instance = "i-1", .address = "127.10.0.1"};

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> result;
  for (const auto word : text::split(line, ' ')) result.emplace_back(word);
  return result;
}

std::string rewritten(const std::string& line) {
  return text::join(sandbox::shim::rewrite(words(line), scope).arguments, " ");
}

}  // namespace

TEST_CASE("docker command lines are scoped to the instance") {
  struct Case {
    std::string given;
    std::string wanted;
  };
  const std::string labels = "--label stagecraft.sandbox=s1 --label stagecraft.instance=i-1";
  const std::vector<Case> cases{
      // what passes unchanged
      {"pull --quiet 127.0.0.1:5000/shop@sha256:ab", "pull --quiet 127.0.0.1:5000/shop@sha256:ab"},
      {"login -u me registry", "login -u me registry"},
      {"version", "version"},
      {"info --format x", "info --format x"},
      {"images", "images"},
      {"image rm shop", "image rm shop"},
      {"image prune --filter until=1h", "image prune --filter until=1h"},
      {"--help", "--help"},
      // run
      {"run -d --name web -p 8080:8080 shop",
       "run " + labels + " -d --name web.i-1 -p 127.10.0.1:8080:8080 shop"},
      {"run --detach --name=web --publish=80:8080/tcp shop --name x",
       "run " + labels + " --detach --name=web.i-1 --publish=127.10.0.1:80:8080/tcp shop --name x"},
      {"run -dp8080:80 shop", "run " + labels + " -dp127.10.0.1:8080:80 shop"},
      {"run -dit --rm shop sh -p 1:1", "run " + labels + " -dit --rm shop sh -p 1:1"},
      {"run --env A=1 -e B=--name --restart always shop",
       "run " + labels + " --env A=1 -e B=--name --restart always shop"},
      {"run --network container:web --volumes-from data:ro --link db:database shop",
       "run " + labels +
           " --network container:web.i-1 --volumes-from data.i-1:ro --link db.i-1:database shop"},
      {"create --name web shop", "create " + labels + " --name web.i-1 shop"},
      {"-H unix:///x.sock --debug run shop", "-H unix:///x.sock --debug run " + labels + " shop"},
      {"container run --name web shop", "container run " + labels + " --name web.i-1 shop"},
      // names of containers
      {"stop --time 25 web", "stop --time 25 web.i-1"},
      {"stop -t 25 web other", "stop -t 25 web.i-1 other.i-1"},
      {"rm --force web", "rm --force web.i-1"},
      {"rm -fv 0123456789ab", "rm -fv 0123456789ab"},
      {"start web.i-1", "start web.i-1"},
      {"restart web", "restart web.i-1"},
      {"kill -s HUP web", "kill -s HUP web.i-1"},
      {"logs --tail 20 -f web", "logs --tail 20 -f web.i-1"},
      {"exec -u root -it web cat web", "exec -u root -it web.i-1 cat web"},
      {"wait web", "wait web.i-1"},
      {"port web 8080", "port web.i-1 8080"},
      {"top web -ef", "top web.i-1 -ef"},
      {"rename web old", "rename web.i-1 old.i-1"},
      {"cp web:/etc/x ./x", "cp web.i-1:/etc/x ./x"},
      {"cp ./x web:/etc/x", "cp ./x web.i-1:/etc/x"},
      {"cp /tmp/a:b web:/x", "cp /tmp/a:b web.i-1:/x"},
      {"update --cpus 2 --memory=1g web", "update --cpus 2 --memory=1g web.i-1"},
      {"inspect --format {{.State.Status}} web", "inspect --format {{.State.Status}} web.i-1"},
      {"inspect --type image shop", "inspect --type image shop"},
      {"inspect registry/shop:1", "inspect registry/shop:1"},
      {"container inspect web", "container inspect web.i-1"},
      // lists
      {"ps -a", "ps --filter label=stagecraft.instance=i-1 -a"},
      {"ps --filter name=^web$",
       "ps --filter label=stagecraft.instance=i-1 --filter name=^web.i-1$"},
      {"container ls -q", "container ls --filter label=stagecraft.instance=i-1 -q"},
      {"container prune -f", "container prune --filter label=stagecraft.instance=i-1 -f"}};
  for (const auto& example : cases) {
    CAPTURE(example.given);
    CHECK(rewritten(example.given) == example.wanted);
  }
}

TEST_CASE("ports are published on the instance's address, whatever was asked for") {
  CHECK(sandbox::shim::publish_on("8080:80", "127.10.0.1") == "127.10.0.1:8080:80");
  CHECK(sandbox::shim::publish_on("0.0.0.0:8080:80", "127.10.0.1") == "127.10.0.1:8080:80");
  CHECK(sandbox::shim::publish_on("80", "127.10.0.1") == "127.10.0.1::80");
  CHECK(sandbox::shim::publish_on("127.0.0.1::80/udp", "127.10.0.1") == "127.10.0.1::80/udp");
  CHECK(sandbox::shim::publish_on("[::1]:8080:80", "127.10.0.1") == "127.10.0.1:8080:80");
  CHECK(sandbox::shim::publish_on("8000-8010:80", "127.10.0.1") == "127.10.0.1:8000-8010:80");
}

TEST_CASE("only output that names containers is rewritten") {
  CHECK(sandbox::shim::rewrite(words("ps"), scope).strip_names);
  CHECK(sandbox::shim::rewrite(words("inspect web"), scope).strip_names);
  CHECK(sandbox::shim::rewrite(words("start web"), scope).strip_names);
  CHECK_FALSE(sandbox::shim::rewrite(words("start -ai web"), scope).strip_names);
  CHECK_FALSE(sandbox::shim::rewrite(words("exec -it web sh"), scope).strip_names);
  CHECK_FALSE(sandbox::shim::rewrite(words("run -it shop"), scope).strip_names);
}
