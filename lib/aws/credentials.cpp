// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials.hpp"

#include <fmt/core.h>

#include <utility>

#include "aws/credential_answer.hpp"
#include "base/error.hpp"
#include "logging/log.hpp"
#include "text/human.hpp"
#include "timing/timestamp.hpp"

namespace aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr minutes advised_before{15};
constexpr minutes required_before{10};
constexpr minutes after_failure{1};  // a place that is down is not asked before each request

std::string human(timing::SystemTime::duration time) {
  return text::human_duration(std::chrono::duration_cast<milliseconds>(time));
}

class FixedProvider : public CredentialProvider {
 public:
  explicit FixedProvider(Credentials credentials) : credentials_(std::move(credentials)) {}
  Credentials fetch(Reuse) override { return credentials_; }

 private:
  Credentials credentials_;
};

}  // namespace

RefreshTimes refresh_times(timing::SystemTime now, timing::SystemTime expires) {
  const auto life = expires - now;
  if (life >= 2 * advised_before) return {expires - advised_before, expires - required_before};
  return {now + life / 2, now + life * 2 / 3};
}

// The right to fetch, given back however the fetch ends.
class CredentialStore::Turn {
 public:
  explicit Turn(CredentialStore& store) : store_(store) { store_.fetching_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    store_.fetching_ = false;
    store_.fetched_.notify_all();
  }

 private:
  CredentialStore& store_;
};

CredentialStore::CredentialStore(std::unique_ptr<CredentialProvider> provider, timing::Clock& clock)
    : provider_(std::move(provider)), clock_(clock) {}

// Entered and left with the lock; asks without it.
void CredentialStore::fetch(std::unique_lock<std::mutex>& lock, Reuse reuse) {
  const Turn turn(*this);
  lock.unlock();
  std::optional<Credentials> fetched;
  try {
    fetched = provider_->fetch(reuse);
  } catch (...) {
    lock.lock();
    throw;
  }
  lock.lock();
  held_ = std::move(fetched);
  const auto now = clock_.now();
  if (held_->expires) times_ = refresh_times(now, *held_->expires);
  logging::debug("AWS keys {} from {}{}", shown_key(*held_), held_->origin,
                 held_->expires ? ", expire in " + human(*held_->expires - now) : "");
}

Credentials CredentialStore::current() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto now = clock_.now();
    const bool endless = held_ && !held_->expires;
    if (endless || (held_ && now < times_.advised)) return *held_;
    const bool required = !held_ || now >= times_.required;
    if (fetching_) {
      if (!required) return *held_;
      fetched_.wait(lock);
      continue;
    }
    try {
      fetch(lock, Reuse::allowed);
    } catch (const base::Error& error) {
      if (required) throw;
      logging::warning("AWS keys are not renewed yet, those at hand last another {}: {}",
                       human(*held_->expires - now), error.what());
      times_.advised = now + after_failure;
      return *held_;
    }
    if (held_->expires && *held_->expires <= clock_.now()) {
      throw base::Error(base::Kind::environment,
                        fmt::format("find AWS credentials: those of {} expired at {}",
                                    held_->origin, timing::rfc3339(*held_->expires)),
                        "get new ones, or set this machine's clock");
    }
    return *held_;
  }
}

bool CredentialStore::renew(const Credentials& rejected) {
  std::unique_lock lock(mutex_);
  const auto same = [&] {
    return held_ && held_->access_key == rejected.access_key &&
           held_->session_token == rejected.session_token;
  };
  fetched_.wait(lock, [&] { return !fetching_; });
  if (!held_ || same()) fetch(lock, Reuse::forbidden);
  return !same();
}

std::shared_ptr<CredentialStore> store_of(Credentials credentials, timing::Clock& clock) {
  return std::make_shared<CredentialStore>(
      std::make_unique<FixedProvider>(masked(std::move(credentials))), clock);
}

}  // namespace aws
