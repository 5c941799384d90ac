// SPDX-License-Identifier: Apache-2.0
#include "sandbox/server/query_request.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sandbox/server/fault.hpp"

using sandbox::Plus;
using sandbox::QueryRequest;
using sandbox::value_of;

namespace {

QueryRequest request(sandbox::Pairs parameters) { return QueryRequest(std::move(parameters)); }

}  // namespace

TEST_CASE("a query is decoded pair by pair, and plus is a space in forms only") {
  const auto pairs = sandbox::decode_query("a=1&b&c=%20%2B+&=x&d=1=2&bad=%zz&&");
  const sandbox::Pairs expected{{"a", "1"}, {"b", ""},    {"c", " ++"},
                                {"", "x"},  {"d", "1=2"}, {"bad", "%zz"}};
  CHECK(pairs == expected);
  CHECK(value_of(sandbox::decode_query("c=a+b%2B", Plus::space), "c") == "a b+");
}

TEST_CASE("list members come in the order of their numbers") {
  const auto asked = request({{"Names.member.10", "c"},
                              {"Names.member.2", "b"},
                              {"Names.member.1", "a"},
                              {"Names.other", "x"},
                              {"Name", "y"}});
  CHECK(asked.members("Names") == std::vector<std::string>{"a", "b", "c"});
  CHECK(asked.members("Absent").empty());
}

TEST_CASE("structures in a list keep their members together") {
  const auto asked = request({{"Targets.member.1.Id", "i-1"},
                              {"Targets.member.2.Id", "i-2"},
                              {"Targets.member.1.Port", "80"}});
  const auto targets = asked.structures("Targets");
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].required("Id") == "i-1");
  CHECK(targets[0].find_integer("Port") == 80);
  CHECK(targets[1].find_integer("Port") == std::nullopt);
}

TEST_CASE("a value of another type is a ValidationError that names the parameter") {
  const auto asked = request({{"Port", "8o"}, {"Force", "yes"}, {"Empty", ""}});
  for (const auto& ask : std::vector<void (*)(const QueryRequest&)>{
           [](const QueryRequest& r) { r.find_integer("Port"); },
           [](const QueryRequest& r) { r.find_boolean("Force"); },
           [](const QueryRequest& r) { r.required("Empty"); }}) {
    try {
      ask(asked);
      FAIL("no fault");
    } catch (const sandbox::Fault& fault) {
      CHECK(fault.code() == "ValidationError");
    }
  }
}

TEST_CASE("pages follow each other until all items are told") {
  const sandbox::Paging paging{"MaxRecords", "NextToken", 3};
  const auto first = page_of(request({}), paging, 7);
  CHECK(first.end == 3);
  const auto second = page_of(request({{"NextToken", first.next.value()}}), paging, 7);
  CHECK(second.begin == 3);
  const auto last = page_of(request({{"NextToken", second.next.value()}}), paging, 7);
  CHECK(last.begin == 6);
  CHECK(last.end == 7);
  CHECK_FALSE(last.next.has_value());
  CHECK(page_of(request({{"MaxRecords", "2"}}), paging, 7).end == 2);
  CHECK_THROWS_AS(page_of(request({{"NextToken", "99"}}), paging, 7), sandbox::Fault);
}
