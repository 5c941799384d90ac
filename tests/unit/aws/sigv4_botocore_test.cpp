// SPDX-License-Identifier: Apache-2.0
//
// Random requests signed by us and by botocore (Debian's awscli brings one). Their canonical
// requests must be the same bytes, so that a difference is seen where it arises.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "aws/endpoint.hpp"
#include "aws/sigv4.hpp"
#include "crypto/sha256.hpp"
#include "file/file.hpp"
#include "file/temp_dir.hpp"
#include "json/field.hpp"
#include "process/child.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace {

constexpr int request_count = 600;
constexpr auto when = "20260102T030405Z";

class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {}

  int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  std::string pick(const std::vector<std::string>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }

  // Characters that URLs, shells and signers stumble over.
  std::string odd_text(int most) {
    static const std::vector<std::string> pieces{
        "a", "B", "7", "-", "_", ".", "~", "+", "=", "@", ":",  "(",  ")", "!",  "*",  "'",  "&",
        "%", "?", "#", " ", ";", ",", "$", "[", "]", "{", "\\", "\"", "ü", "日", "😀", "%2F"};
    std::string text;
    for (int i = below(most) + 1; i > 0; --i) text += pick(pieces);
    return text;
  }

 private:
  std::mt19937 random_;
};

std::string random_query(Source& source) {
  std::vector<std::string> parts;
  for (int i = source.below(5); i > 0; --i) {
    auto part = text::percent_encode(source.below(3) == 0 ? "name" : source.odd_text(4));
    if (source.below(4) != 0) {
      part += "=";
      if (source.below(4) != 0) part += text::percent_encode(source.odd_text(5));
    }
    parts.push_back(std::move(part));
  }
  return text::join(parts, "&");
}

std::string random_key(Source& source) {
  std::vector<std::string> segments;
  for (int i = source.below(4); i >= 0; --i) {
    segments.push_back(source.below(6) == 0 ? source.pick({"", ".", ".."}) : source.odd_text(6));
  }
  return text::join(segments, "/");
}

struct Sample {
  http::Request request;
  aws::sigv4::Scope scope;
  std::string body;
  std::string payload_hash;
};

Sample random_sample(Source& source) {
  const bool s3 = source.below(2) == 0;
  const auto endpoint = http::parse_url(
      source.pick({"https://service.eu-central-1.amazonaws.com", "http://127.0.0.1:9000",
                   "https://host.example:8443", "http://localhost:80", "https://a.example:443"}));
  auto url = aws::object_url(
      endpoint, source.below(2) == 0 ? aws::Addressing::path : aws::Addressing::host_when_safe,
      "some-bucket", random_key(source));
  url.query = random_query(source);
  Sample sample{.request = {.method = source.pick({"GET", "PUT", "POST", "HEAD", "DELETE"}),
                            .url = url.text()},
                .scope = {.region = source.pick({"us-east-1", "cn-north-1"}),
                          .service = s3 ? "s3" : source.pick({"codedeploy", "autoscaling"}),
                          .path = s3 ? aws::sigv4::PathRule::as_sent
                                     : aws::sigv4::PathRule::normalised_twice_encoded},
                .body = source.odd_text(20),
                .payload_hash = {}};
  sample.payload_hash = s3 && source.below(4) == 0 ? std::string(aws::sigv4::unsigned_payload)
                                                   : crypto::sha256_hex(sample.body);
  auto& headers = sample.request.headers;
  headers.add("X-Amz-Date", when);
  if (source.below(2) == 0) headers.add("X-Amz-Security-Token", "token/+=" + source.odd_text(3));
  if (source.below(2) == 0) headers.add("User-Agent", "never signed");
  for (int i = source.below(5); i > 0; --i) {
    headers.add(source.pick({"x-amz-meta-a", "x-amz-meta-a-b", "X-Amz-Meta-A1", "Content-Type",
                             "x-amz-server-side-encryption",
                             "x-amz-server-side-encryption-aws-kms-key-id"}),
                source.pick({"plain", "  two  words ", "a\tb", "x=1; y=\"2  3\"", ""}));
  }
  if (s3) headers.add("X-Amz-Content-Sha256", sample.payload_hash);
  return sample;
}

std::string line_for_botocore(const Sample& sample) {
  json::Array headers;
  for (const auto& [name, value] : sample.request.headers.fields()) {
    if (name == "X-Amz-Content-Sha256") continue;
    headers.push_back(json::Array{name, value});
  }
  return json::write(json::object({{"access_key", "AKIDEXAMPLE"},
                                   {"secret_key", "secret/with+odd=signs"},
                                   {"service", sample.scope.service},
                                   {"region", sample.scope.region},
                                   {"method", sample.request.method},
                                   {"url", sample.request.url},
                                   {"headers", std::move(headers)},
                                   {"body", sample.body},
                                   {"payload_hash", sample.payload_hash},
                                   {"timestamp", when}}));
}

}  // namespace

TEST_CASE("600 random requests are signed as botocore signs them") {
  Source source(20260102);
  std::vector<Sample> samples;
  std::string lines;
  for (int i = 0; i < request_count; ++i) {
    samples.push_back(random_sample(source));
    lines += line_for_botocore(samples.back()) + "\n";
  }
  const file::TempDir folder("sigv4");
  file::write_atomically(folder.path() / "requests", lines);
  const auto peer =
      process::capture({.argv = {"/usr/bin/python3", STAGECRAFT_TEST_DATA "/aws/botocore_sign.py",
                                 (folder.path() / "requests").string()}});
  if (peer.exit.code == 3) {
    MESSAGE("skipped: neither python3-botocore nor awscli is installed");
    return;
  }
  INFO(peer.err);
  REQUIRE(peer.exit.ok());
  auto answers = text::lines(peer.out);
  REQUIRE(answers.size() == samples.size());

  const aws::Credentials keys{.access_key = "AKIDEXAMPLE", .secret_key = "secret/with+odd=signs"};
  aws::sigv4::Signer signer;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    auto& sample = samples[i];
    const auto document = json::parse(answers[i], "botocore's answer");
    const json::Field answer(document, "botocore's answer");
    const auto steps = aws::sigv4::steps(sample.request, sample.scope, sample.payload_hash,
                                         *timing::find_sigv4_basic(when));
    REQUIRE(steps.canonical_request == answer["canonical_request"].string());
    REQUIRE(steps.string_to_sign == answer["string_to_sign"].string());
    signer.sign(sample.request, sample.scope, keys, sample.payload_hash,
                *timing::find_sigv4_basic(when));
    REQUIRE(sample.request.headers.find("Authorization")
                ->ends_with("Signature=" + answer["signature"].string()));
  }
}
