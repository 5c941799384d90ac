// SPDX-License-Identifier: Apache-2.0
#include "wait-healthy/sampler.hpp"

#include "base/error.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace wait_healthy {
namespace {

constexpr std::chrono::milliseconds answers_within{5'000};
constexpr std::uint64_t document_cap = 1U << 20U;

}  // namespace

std::vector<VersionSample> Sampler::take(std::size_t count) const {
  std::vector<VersionSample> samples;
  while (samples.size() < count) {
    try {
      samples.push_back(take_one());
    } catch (const base::Error& error) {
      if (error.kind() != base::Kind::unavailable) throw;
      samples.push_back({VersionSample::Answer::none, error.message()});
      break;
    }
  }
  return samples;
}

VersionSample Sampler::take_one() const {
  const auto url = http::parse_url(options_.url);
  http::Client client(*clock_, stop_,
                      {.connect_timeout = answers_within,
                       .total = answers_within,
                       // Whoever gives a plain address for the public service means it; nothing
                       // secret is sent.
                       .plain_http_hosts = {url.host},
                       .attempts = 1});
  const http::Request request{
      .url = options_.url,
      .headers = {{"Accept", "application/json"}, {"Cache-Control", "no-cache"}},
      .response_cap = document_cap};
  return read_sample(client.send_once(request), options_.sources, options_.expected);
}

}  // namespace wait_healthy
