// SPDX-License-Identifier: Apache-2.0
#include "oci/uploads.hpp"

#include <fmt/core.h>

#include <array>

#include "base/error.hpp"
#include "logging/log.hpp"
#include "oci/digest.hpp"
#include "oci/ecr_host.hpp"
#include "oci/failure.hpp"
#include "text/human.hpp"

namespace oci {
namespace {

// distribution answers a larger POST before it has read the body, which then breaks.
constexpr std::uint64_t small_blob = 32U << 10U;
// What proxies let through: Cloudflare 100 MB, nginx 1 MiB by default.
constexpr std::array<std::uint64_t, 5> body_sizes{90'000'000, 32'000'000, 10'000'000, 5U << 20U,
                                                  1U << 20U};
constexpr std::uint64_t worth_measuring = 1U << 20U;
// A registry on object storage reads and copies a blob once more before it answers.
constexpr std::uint64_t committed_per_second = 8U << 20U;
// What a POST has opened can be cancelled only by the Location that it answers with.
constexpr std::chrono::milliseconds opening_after_stop{1'000};
constexpr int most_renewals = 2;
constexpr int most_restarts = 5;

bool is_accepted(int status) { return status >= 200 && status <= 204; }

}  // namespace

// One blob's way. Between steps, session_ is absent or has taken offset_ bytes.
class Upload {
 public:
  Upload(Uploads& uploads, std::string repository, const Descriptor& blob, const http::Body& body)
      : uploads_(uploads),
        requests_(uploads.requests_),
        repository_(std::move(repository)),
        blob_(blob),
        body_(body),
        what_(fmt::format("push layer {} to {}/{}", short_digest(blob.digest), requests_.registry(),
                          repository_)),
        scope_(push_scope(repository_)),
        tries_(requests_.limiter(), requests_.tries()),
        may_resume_(uploads.takes_chunks_) {}

  void run() {
    session_ = uploads_.take_spare(repository_);
    if (!session_ && blob_.size <= small_blob && uploads_.takes_single_post_ && send_with_post()) {
      return;
    }
    while (true) {
      if (!session_) {
        session_ = uploads_.open(repository_, what_);
        offset_ = 0;
        resumed_ = false;
      }
      switch (step()) {
        case Next::done:
          session_->end();
          return;
        case Next::go_on:
          break;
        case Next::start_over:
          session_.reset();
      }
    }
  }

 private:
  enum class Next { done, go_on, start_over };
  enum class Step { whole, part, commit };

  // False when the registry wants the body by PUT; session_ may be open then.
  bool send_with_post() {
    const http::Request post{
        .method = "POST",
        .url = requests_.endpoint(repository_, "blobs/uploads/?digest=" + blob_.digest),
        .headers = {{"Content-Type", "application/octet-stream"}},
        .body = body_,
        .after_stop = opening_after_stop};
    const http::Response answer = requests_.send(post, scope_);
    if (answer.status == 201) {
      require_same_digest(answer, blob_.digest, what_);
      return true;
    }
    if (answer.status == 401 || answer.status == 403) requests_.fail(what_, answer, scope_);
    uploads_.takes_single_post_ = false;
    if (answer.status == 202) {
      session_ = std::make_unique<UploadSession>(requests_, answer, scope_, what_);
    }
    return false;
  }

  Next step() {
    const std::uint64_t most = std::max(uploads_.largest_body_.load(), session_->least_chunk());
    if (offset_ == blob_.size) return send(Step::commit, 0);
    if (offset_ == 0 && blob_.size <= most) return send(Step::whole, blob_.size);
    return send(Step::part, std::min(most, blob_.size - offset_));
  }

  http::Request request_of(Step step, std::uint64_t length) {
    const http::Url url =
        step == Step::part ? session_->location() : session_->commit_url(blob_.digest);
    http::Request request{.method = step == Step::part ? "PATCH" : "PUT",
                          .url = url.text(),
                          .headers = {{"Content-Type", "application/octet-stream"}},
                          .body = slice(length)};
    if (step == Step::part) {
      request.headers.set("Content-Range", fmt::format("{}-{}", offset_, offset_ + length - 1));
    }
    // A kept connection that dies with the answer would have the body sent again unseen.
    if (step == Step::part || length >= worth_measuring) request.repeat = http::Repeat::unsafe;
    if (step != Step::part)
      request.digestion = std::chrono::seconds(blob_.size / committed_per_second);
    return request;
  }

  http::Body slice(std::uint64_t length) {
    return {.size = length, .read = [this, start = offset_](std::uint64_t at, std::span<char> to) {
              const std::size_t count = body_.read(start + at, to);
              sent_ += count;
              return count;
            }};
  }

  Next send(Step step, std::uint64_t length) {
    const http::Request request = request_of(step, length);
    const auto start = requests_.client().clock().steady_now();
    const Tried tried = requests_.attempt(request, scope_, uploads_.estimated(length));
    const auto& answer = tried.attempt.response;
    if (!answer) return after_trouble(step, tried.attempt);
    if (is_accepted(answer->status)) {
      uploads_.learn_speed(length, requests_.client().clock().steady_now() - start);
      renewals_ = 0;
      return accepted(step, *answer, offset_ + length);
    }
    return refused(step, tried, length);
  }

  Next accepted(Step step, const http::Response& answer, std::uint64_t expected) {
    if (step != Step::part) {
      require_same_digest(answer, blob_.digest, what_);
      return Next::done;
    }
    session_->moved(answer, what_);
    const std::uint64_t received = find_received(answer).value_or(expected);
    if (received > expected || received <= offset_) return lost("it counts other bytes than we");
    offset_ = received;
    tries_.progressed();
    return Next::go_on;
  }

  Next refused(Step step, const Tried& tried, std::uint64_t length) {
    const http::Response& answer = *tried.attempt.response;
    const bool is_ours = session_->location().same_origin(requests_.base());
    if (answer.status == 401 && is_ours && renewals_++ < most_renewals &&
        requests_.authorizer().renew(answer, scope_, tried.authorization)) {
      return Next::go_on;
    }
    if (answer.status == 404) {
      session_->end();
      return is_there(step) ? Next::done : lost(words_of(answer));
    }
    if (answer.status == 416 && ++disagreements_ <= most_restarts) return locate();
    if (answer.status == 413 && uploads_.too_large(length)) {
      return step == Step::part ? Next::go_on : Next::start_over;
    }
    if (!is_final(answer)) return after_trouble(step, tried.attempt);
    // Some registries take a continuation and spoil the blob, others do not know what it is.
    if (resumed_ && answer.status != 401 && answer.status != 403) {
      may_resume_ = false;
      return lost("it refused what was continued: " + words_of(answer));
    }
    requests_.fail(what_, answer, scope_);
  }

  // Nobody knows how much the registry has taken.
  Next after_trouble(Step step, const http::Attempt& attempt) {
    if (!tries_.wait_after(attempt) || sent_ > most_sent()) give_up(attempt);
    if (!attempt.response && attempt.failure == http::Failure::not_connected) return Next::go_on;
    return is_there(step) ? Next::done : locate();
  }

  bool is_there(Step step) {
    if (step == Step::part || !uploads_.has(repository_, blob_.digest)) return false;
    logging::debug("{}: it is there, only the answer was lost", what_);
    return true;
  }

  // Asks the registry how far it got.
  Next locate() {
    if (!may_resume_) return Next::start_over;
    const http::Response answer = requests_.send({.url = session_->location().text()}, scope_);
    const auto received = find_received(answer);
    if (answer.status != 204 || !received || *received > blob_.size) {
      logging::debug("{}: it cannot go on: {}", what_, words_of(answer));
      if (answer.status == 404) session_->end();
      return Next::start_over;
    }
    session_->moved(answer, what_);
    resumed_ = *received > 0;
    if (resumed_) logging::debug("{}: goes on after {}", what_, text::human_size(*received));
    if (*received > offset_) tries_.progressed();
    offset_ = *received;
    return Next::go_on;
  }

  // A new session, unless too many of them have ended so.
  Next lost(const std::string& why) {
    logging::debug("{}: the registry dropped the upload: {}", what_, why);
    if (++restarts_ > most_restarts || sent_ > most_sent()) {
      throw base::Error(base::Kind::unavailable,
                        fmt::format("{}: the registry dropped the upload: {}", what_, why),
                        "run again; what was pushed is not sent again");
    }
    return Next::start_over;
  }

  std::uint64_t most_sent() const { return 3 * blob_.size + (1U << 20U); }

  [[noreturn]] void give_up(const http::Attempt& attempt) {
    if (attempt.response) requests_.fail(what_, *attempt.response, scope_);
    const bool refused = attempt.failure == http::Failure::refused && !attempt.stopped;
    throw base::Error(refused ? base::Kind::refused : base::Kind::unavailable,
                      fmt::format("{}: {}", what_, attempt.stopped ? "interrupted" : attempt.why),
                      refused ? "" : "a rerun is safe; what was pushed is not sent again");
  }

  Uploads& uploads_;
  Requests& requests_;
  std::string repository_;
  const Descriptor& blob_;
  const http::Body& body_;
  std::string what_;
  std::string scope_;
  Tries tries_;
  std::unique_ptr<UploadSession> session_;
  std::uint64_t offset_ = 0;
  std::uint64_t sent_ = 0;
  bool may_resume_;
  bool resumed_ = false;
  int renewals_ = 0;
  int restarts_ = 0;
  int disagreements_ = 0;
};

// ECR drops the body of every PATCH after the first and answers 201 all the same.
Uploads::Uploads(Requests& requests)
    : requests_(requests), takes_chunks_(!is_ecr_host(requests.base().host)) {}

bool Uploads::has(const std::string& repository, const std::string& digest) {
  const http::Request request{.method = "HEAD",
                              .url = requests_.endpoint(repository, "blobs/" + digest)};
  const std::string scope = push_scope(repository);
  const http::Response answer = requests_.follow(request, scope);
  if (answer.status == 200) return true;
  if (answer.status == 404 || is_hidden(answer)) return false;
  requests_.fail_head(fmt::format("look up blob {} in {}/{}", short_digest(digest),
                                  requests_.registry(), repository),
                      answer, request, scope);
}

std::future<void> Uploads::prepare(const std::string& repository) {
  const auto mark = [&] {
    const std::lock_guard lock(mutex_);
    return preparing_.insert(repository);
  }();
  const auto end = [this, mark, repository](std::unique_ptr<UploadSession> session) {
    const std::lock_guard lock(mutex_);
    preparing_.erase(mark);
    if (session) spare_.emplace(repository, std::move(session));
    prepared_.notify_all();
  };
  return std::async(std::launch::async, [this, end, repository] {
    try {
      end(ask(repository, fmt::format("push to {}/{}", requests_.registry(), repository)));
    } catch (...) {
      end(nullptr);
      throw;
    }
  });
}

void Uploads::send(const std::string& repository, const Descriptor& blob, const http::Body& body) {
  Upload(*this, repository, blob, body).run();
}

bool Uploads::mount(const std::string& repository, const std::string& digest,
                    const std::string& from) {
  const std::string what =
      fmt::format("mount blob {} in {}/{}", short_digest(digest), requests_.registry(), repository);
  const http::Request post{
      .method = "POST",
      .url = requests_.endpoint(repository,
                                fmt::format("blobs/uploads/?mount={}&from={}", digest, from)),
      .after_stop = opening_after_stop};
  try {
    // A token for both repositories; with one for the destination alone the registry answers 202.
    const std::string scope = push_scope(repository) + ' ' + pull_scope(from);
    const http::Response answer = requests_.send(post, scope, {.attempts = 2, .connects = 2});
    if (answer.status == 201) return true;
    if (answer.status == 202) {
      auto session =
          std::make_unique<UploadSession>(requests_, answer, push_scope(repository), what);
      const std::lock_guard lock(mutex_);
      spare_.emplace(repository, std::move(session));
    }
    logging::debug("{}: not from {}: {}", what, from, words_of(answer));
  } catch (const base::Error& error) {
    // Whatever is wrong with the source, the blob can still be sent.
    if (requests_.limiter().stop().stop_requested()) throw;
    logging::debug("{}: not from {}: {}", what, from, error.what());
  }
  return false;
}

// A session that is being opened comes sooner than one that is asked for now.
std::unique_ptr<UploadSession> Uploads::take_spare(const std::string& repository) {
  std::unique_lock lock(mutex_);
  prepared_.wait(lock,
                 [&] { return spare_.contains(repository) || !preparing_.contains(repository); });
  auto kept = spare_.extract(repository);
  return kept ? std::move(kept.mapped()) : nullptr;
}

std::unique_ptr<UploadSession> Uploads::ask(const std::string& repository,
                                            const std::string& what) {
  const std::string scope = push_scope(repository);
  const http::Response answer =
      requests_.send({.method = "POST",
                      .url = requests_.endpoint(repository, "blobs/uploads/"),
                      .after_stop = opening_after_stop},
                     scope);
  if (answer.status != 202) requests_.fail(what, answer, scope);
  return std::make_unique<UploadSession>(requests_, answer, scope, what);
}

std::unique_ptr<UploadSession> Uploads::open(const std::string& repository,
                                             const std::string& what) {
  if (auto spare = take_spare(repository)) return spare;
  return ask(repository, what);
}

// True when smaller bodies are worth a try.
bool Uploads::too_large(std::uint64_t bytes) {
  if (!takes_chunks_) return false;
  const auto smaller =
      std::ranges::find_if(body_sizes, [bytes](std::uint64_t size) { return size < bytes; });
  if (smaller == body_sizes.end()) return false;
  logging::debug("{} takes no body of {}; sending {} at a time", requests_.registry(),
                 text::human_size(bytes), text::human_size(*smaller));
  largest_body_ = std::min(largest_body_.load(), *smaller);
  return true;
}

std::chrono::seconds Uploads::estimated(std::uint64_t bytes) const {
  if (bytes < worth_measuring) return {};
  const double seconds = static_cast<double>(bytes) / bytes_per_second_ * 1.5;
  return std::chrono::seconds(10 + static_cast<std::int64_t>(std::min(seconds, 86'400.0)));
}

void Uploads::learn_speed(std::uint64_t bytes, std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  if (bytes < worth_measuring || seconds <= 0) return;
  bytes_per_second_ = (bytes_per_second_ + static_cast<double>(bytes) / seconds) / 2;
}

}  // namespace oci
