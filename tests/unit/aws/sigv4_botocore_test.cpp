// SPDX-License-Identifier: Apache-2.0
//
// Random requests signed by us and by botocore (Debian's awscli brings one). Their canonical
// requests must be the same bytes, so that a difference is seen where it arises. The same requests
// each time; STAGECRAFT_TEST_SEED=N tries others.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <optional>
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
#include "process/environment.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"
#include "timing/timestamp.hpp"

namespace sigv4 = aws::sigv4;

namespace {

constexpr int header_count = 3000;
constexpr int presigned_count = 1000;

unsigned seed() {
  const auto told = process::environment_variable("STAGECRAFT_TEST_SEED");
  const auto number = told ? text::find_number(*told) : std::nullopt;
  return static_cast<unsigned>(number.value_or(20260102));
}

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
        "a", "B", "7", "-", "_", ".", "~", "+", "=", "@", ":",  "(",  ")", "!",  "*", "'",  "&",
        "%", "?", "#", " ", ";", ",", "$", "[", "]", "{", "\\", "\"", "ü", "日", "😀", "%2F"};
    std::string text;
    for (int i = below(most) + 1; i > 0; --i) text += pick(pieces);
    return text;
  }

 private:
  std::mt19937 random_;
};

enum class Names { may_repeat, unique };

std::string random_query(Source& source, Names names) {
  std::vector<std::string> parts;
  for (int i = source.below(6); i > 0; --i) {
    auto part = text::percent_encode(
        source.below(3) == 0 ? source.pick({"name", "name-a", "Name", "partNumber", "uploads"})
                             : source.odd_text(4));
    // botocore keeps one value of each name in a presigned url, and writes all with '='.
    if (names == Names::unique) {
      part = fmt::format("{}-{}={}", i, part, text::percent_encode(source.odd_text(5)));
    } else if (source.below(4) != 0) {
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
  aws::Credentials keys;
  std::string body;
  std::string payload_hash;
  timing::SystemTime when;
  int lifetime = 0;  // above 0: a presigned url
};

void add_random_headers(Source& source, http::Headers& headers) {
  for (int i = source.below(6); i > 0; --i) {
    headers.add(
        source.pick(
            {"x-amz-meta-a", "x-amz-meta-a-b", "X-Amz-Meta-A1", "X-AMZ-META-A", "Content-Type",
             "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
             "x-amz-server-side-encryption-context", "x-amz-tagging", "Range", "If-None-Match"}),
        source.pick({"plain", "  two  words ", "a\tb", "x=1; y=\"2  3\"", "", "a,b", ":",
                     "k=v&k2=v%202", "*"}));
  }
}

Sample random_sample(Source& source, Names names) {
  const bool s3 = source.below(2) == 0;
  const auto endpoint = http::parse_url(
      source.pick({"https://service.eu-central-1.amazonaws.com", "http://127.0.0.1:9000",
                   "https://host.example:8443", "http://localhost:80", "https://a.example:443",
                   "http://[::1]:9000"}));
  auto url = aws::object_url(
      endpoint, source.below(2) == 0 ? aws::Addressing::path : aws::Addressing::host_when_safe,
      "some-bucket", random_key(source));
  url.query = random_query(source, names);
  Sample sample{.request = {.method = source.pick({"GET", "PUT", "POST", "HEAD", "DELETE"}),
                            .url = url.text()},
                .scope = {.region = source.pick({"us-east-1", "cn-north-1", "us-gov-west-1"}),
                          .service = s3 ? "s3" : source.pick({"codedeploy", "autoscaling", "sts"}),
                          .path = s3 ? aws::sigv4::PathRule::as_sent
                                     : aws::sigv4::PathRule::normalised_twice_encoded},
                .keys = {.access_key = source.pick({"AKIDEXAMPLE", "ASIAOTHER"}),
                         .secret_key = source.pick({"secret/with+odd=signs", "another"})},
                .body = source.odd_text(20),
                .payload_hash = {},
                .when = timing::SystemTime(std::chrono::seconds(1'700'000'000) +
                                           std::chrono::hours(source.below(20'000)))};
  const bool unsigned_body = s3 && source.below(4) == 0;
  sample.payload_hash =
      unsigned_body ? std::string(sigv4::unsigned_payload) : crypto::sha256_hex(sample.body);
  add_random_headers(source, sample.request.headers);
  return sample;
}

Sample random_header_sample(Source& source) {
  auto sample = random_sample(source, Names::may_repeat);
  auto& headers = sample.request.headers;
  headers.add("X-Amz-Date", timing::sigv4_basic(sample.when));
  if (source.below(2) == 0) headers.add("X-Amz-Security-Token", "token/+=" + source.odd_text(3));
  if (source.below(2) == 0) headers.add("User-Agent", "never signed");
  if (sample.scope.service == "s3") headers.add("X-Amz-Content-Sha256", sample.payload_hash);
  return sample;
}

Sample random_presigned_sample(Source& source) {
  auto sample = random_sample(source, Names::unique);
  const bool s3 = sample.scope.service == "s3";
  sample.body.clear();
  sample.payload_hash = s3 ? std::string(sigv4::unsigned_payload) : crypto::sha256_hex("");
  if (source.below(2) == 0) sample.keys.session_token = "token/+=" + source.odd_text(5);
  sample.lifetime = source.below(604'800) + 1;
  return sample;
}

std::string line_for_botocore(const Sample& sample) {
  json::Array headers;
  for (const auto& [name, value] : sample.request.headers.fields()) {
    if (name == "X-Amz-Content-Sha256") continue;
    headers.push_back(json::Array{name, value});
  }
  json::Object members{{"access_key", sample.keys.access_key},
                       {"secret_key", sample.keys.secret_key},
                       {"token", sample.keys.session_token},
                       {"service", sample.scope.service},
                       {"region", sample.scope.region},
                       {"method", sample.request.method},
                       {"url", sample.request.url},
                       {"headers", std::move(headers)},
                       {"body", sample.body},
                       {"payload_hash", sample.payload_hash},
                       {"timestamp", timing::sigv4_basic(sample.when)}};
  if (sample.lifetime > 0) members.emplace_back("expires", sample.lifetime);
  return json::write(json::Value(std::move(members)));
}

// One answer for each sample; none when no botocore is installed.
std::vector<std::string> answers_of_botocore(const std::vector<Sample>& samples) {
  std::string lines;
  for (const auto& sample : samples) lines += line_for_botocore(sample) + "\n";
  const file::TempDir folder("sigv4");
  file::write_atomically(folder.path() / "requests", lines);
  const auto peer =
      process::capture({.argv = {"/usr/bin/python3", STAGECRAFT_TEST_DATA "/aws/botocore_sign.py",
                                 (folder.path() / "requests").string()}});
  if (peer.exit.code == 3) return {};
  INFO(peer.err);
  REQUIRE(peer.exit.ok());
  std::vector<std::string> answers;
  for (const auto line : text::lines(peer.out)) answers.emplace_back(line);
  return answers;
}

void check_header_signature(sigv4::Signer& signer, Sample sample, const json::Field& answer) {
  const auto steps = sigv4::steps(sample.request, sample.scope, sample.payload_hash, sample.when);
  REQUIRE(steps.canonical_request == answer["canonical_request"].string());
  REQUIRE(steps.string_to_sign == answer["string_to_sign"].string());
  signer.sign(sample.request, sample.scope, sample.keys, sample.payload_hash, sample.when);
  REQUIRE(sample.request.headers.find("Authorization")
              ->ends_with("Signature=" + answer["signature"].string()));
}

void check_presigned_url(sigv4::Signer& signer, const Sample& sample, const json::Field& answer) {
  const auto url = signer.presigned_url(sample.request, sample.scope, sample.keys,
                                        {.when = sample.when,
                                         .lifetime = std::chrono::seconds(sample.lifetime),
                                         .payload_hash = sample.payload_hash});
  const auto signed_part = text::cut(url, "&X-Amz-Signature=");
  REQUIRE(signed_part.has_value());
  auto request = sample.request;
  request.url = std::string(signed_part->first);
  const auto steps = sigv4::steps(request, sample.scope, sample.payload_hash, sample.when);
  REQUIRE(steps.canonical_request == answer["canonical_request"].string());
  REQUIRE(steps.string_to_sign == answer["string_to_sign"].string());
  REQUIRE(signed_part->second == answer["signature"].string());
}

using MakeSample = Sample (*)(Source& source);

// How many samples were compared without a difference; 0 when no botocore is installed.
template <typename Check>
std::size_t compared(int count, MakeSample make, const Check& check) {
  Source source(seed());
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) samples.push_back(make(source));
  const auto answers = answers_of_botocore(samples);
  if (answers.empty()) {
    MESSAGE("skipped: neither python3-botocore nor awscli is installed");
    return 0;
  }
  REQUIRE(answers.size() == samples.size());
  sigv4::Signer signer;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    CAPTURE(samples[i].request.url);
    const auto document = json::parse(answers[i], "botocore's answer");
    check(signer, samples[i], json::Field(document, "botocore's answer"));
  }
  MESSAGE(fmt::format("{} requests, seed {}: no difference", samples.size(), seed()));
  return samples.size();
}

}  // namespace

TEST_CASE("3000 random requests are signed as botocore signs them") {
  const auto count = compared(header_count, random_header_sample, check_header_signature);
  CHECK((count == header_count || count == 0));
}

TEST_CASE("1000 random requests are presigned as botocore presigns them") {
  const auto count = compared(presigned_count, random_presigned_sample, check_presigned_url);
  CHECK((count == presigned_count || count == 0));
}
