// SPDX-License-Identifier: Apache-2.0
#include "http/transfer.hpp"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>

#include "base/build_info.hpp"
#include "base/error.hpp"
#include "file/file.hpp"
#include "http/curl_handle.hpp"
#include "http/retry_policy.hpp"
#include "text/split.hpp"

namespace http {
namespace {

constexpr std::size_t most_header_bytes = 64U << 10U;
constexpr long upload_buffer = 2L << 20L;  // as much as libcurl takes; its default is 64 KiB

void initialise_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// What the callbacks share; lives for one transfer.
struct Exchange {
  const Request& request;
  CURL* easy;
  Response response{};
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::size_t header_bytes = 0;
  bool header_ended = false;
  std::string refusal{};
  std::exception_ptr thrown{};
};

bool is_success(int status) { return status >= 200 && status < 300; }

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += size;
  if (exchange.header_bytes > most_header_bytes) {
    exchange.refusal = "more than 64 KiB of header fields";
    return 0;
  }
  const auto line = text::trim({data, size});
  if (line.starts_with("HTTP/")) {
    exchange.response = {};  // an interim answer (100 Continue) is no answer
    exchange.header_ended = false;
    const auto code = text::cut(line, " ");
    if (code) {
      exchange.response.status =
          static_cast<int>(text::find_number(code->second.substr(0, 3)).value_or(0));
    }
  } else if (const auto field = text::cut(line, ":")) {
    exchange.response.headers.add(std::string(field->first),
                                  std::string(text::trim(field->second)));
  } else if (line.empty()) {
    exchange.header_ended = true;
  }
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.received += size;
  // CURLOPT_MAXFILESIZE does not hold for chunked answers, so the cap is kept here.
  if (exchange.received > exchange.request.response_cap) {
    exchange.refusal =
        fmt::format("an answer of more than {} bytes", exchange.request.response_cap);
    return 0;
  }
  try {
    if (exchange.request.sink && is_success(exchange.response.status)) {
      exchange.request.sink(std::as_bytes(std::span(data, size)));
    } else {
      exchange.response.body.append(data, size);
    }
  } catch (...) {
    exchange.thrown = std::current_exception();  // must not unwind through C
    return 0;
  }
  return size;
}

std::size_t on_send(char* buffer, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const auto& body = *exchange.request.body;
  const auto left = body.size - exchange.sent;
  if (left == 0) return 0;
  try {
    const auto count =
        body.read(exchange.sent, std::span(buffer, std::min<std::uint64_t>(size, left)));
    if (count == 0) {  // the server would wait for the rest
      exchange.refusal =
          fmt::format("the body ended after {} of {} bytes", exchange.sent, body.size);
      return CURL_READFUNC_ABORT;
    }
    exchange.sent += count;
    return count;
  } catch (...) {
    exchange.thrown = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

// libcurl rewinds when a reused connection turned out dead before the answer.
int on_seek(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(user)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

Failure failure_of(CURLcode code, bool sent) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
      return sent ? Failure::broken : Failure::not_connected;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return Failure::not_connected;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WRITE_ERROR:
    case CURLE_OUT_OF_MEMORY:  // also a header line of more than 100 KiB
    case CURLE_ABORTED_BY_CALLBACK:
      return Failure::refused;
    default:
      return Failure::broken;
  }
}

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
    throw base::Error(base::Kind::internal,
                      fmt::format("set curl option {}", static_cast<int>(option)));
  }
}

HeaderList header_list(const Request& request) {
  HeaderList list;
  const auto append = [&](const std::string& line) {
    auto* longer = curl_slist_append(list.get(), line.c_str());
    list.release();
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers.fields()) {
    if ((name + value).find_first_of("\r\n") != std::string::npos) {
      throw base::Error(base::Kind::internal,
                        fmt::format("send header {}: a line break in it", name));
    }
    append(value.empty() ? name + ";" : name + ": " + value);
  }
  // libcurl calls a POST without a body a form, and S3 keeps that as the object's type.
  if (!request.headers.find("Content-Type")) append("Content-Type:");
  append("Expect:");  // a server that never says 100 Continue costs a second
  return list;
}

constexpr const char* system_certificates = "/etc/ssl/certs";
constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";

bool has_hashed_folder() {
  static const bool hashed = [] {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(system_certificates, error)) {
      if (entry.path().extension() == ".0") return true;
    }
    return false;
  }();
  return hashed;
}

// Reading the 140 certificates of the bundle costs 35 ms per process; a hashed folder is read on
// demand. An explicit file, or a folder without hash links, goes by the bundle.
void trust(CURL* easy, const ClientOptions& options) {
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    return;
  }
  if (has_hashed_folder()) {
    set(easy, CURLOPT_CAINFO, nullptr);
    set(easy, CURLOPT_CAPATH, system_certificates);
  }
}

// A memory blob takes the place of the bundle's file, so that comes along where nothing else brings
// the system's authorities.
void trust_more(CURL* easy, const ClientOptions& options, const HostTls& tls) {
  if (!tls.extra_authorities.empty()) {
    std::string authorities = tls.extra_authorities;
    const bool by_folder = options.ca_file.empty() && has_hashed_folder();
    if (!by_folder) {
      const std::string bundle = options.ca_file.empty() ? system_bundle : options.ca_file;
      authorities += '\n' + file::find(bundle).value_or("");
    }
    curl_blob blob{.data = authorities.data(), .len = authorities.size(), .flags = CURL_BLOB_COPY};
    set(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (tls.client_certificate.empty()) return;
  set(easy, CURLOPT_SSLCERT, tls.client_certificate.c_str());
  set(easy, CURLOPT_SSLKEY, tls.client_key.c_str());
}

void set_method_and_body(CURL* easy, const Request& request, Exchange& exchange) {
  if (request.body) {
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body->size));
    set(easy, CURLOPT_READFUNCTION, on_send);
    set(easy, CURLOPT_READDATA, &exchange);
    set(easy, CURLOPT_SEEKFUNCTION, on_seek);
    set(easy, CURLOPT_SEEKDATA, &exchange);
    set(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer);
  } else if (request.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    set(easy, CURLOPT_POSTFIELDSIZE, 0L);
    set(easy, CURLOPT_POSTFIELDS, "");
  }
  set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// What became of a transfer that ended with this code and these words of libcurl.
Attempt attempt_of(Exchange& exchange, CURLcode code, const char* words) {
  if (exchange.thrown) std::rethrow_exception(exchange.thrown);
  // A header that is cut short is a whole answer to libcurl.
  if (code == CURLE_OK && !exchange.header_ended) code = CURLE_PARTIAL_FILE;
  if (code == CURLE_OK) return {.response = std::move(exchange.response)};
  if (!exchange.refusal.empty()) return {.failure = Failure::refused, .why = exchange.refusal};
  long request_bytes = 0;
  long new_connections = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(exchange.easy, CURLINFO_NUM_CONNECTS, &new_connections);
  const bool dropped =
      code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
  return {.failure = failure_of(code, request_bytes > 0),
          .why = *words != '\0' ? words : curl_easy_strerror(code),
          .stale = dropped && new_connections == 0 && exchange.header_bytes == 0};
}

}  // namespace

struct Lane::Handles {
  MultiHandle multi{curl_multi_init()};
  EasyHandle easy{curl_easy_init()};
};

Lane::Lane() {
  initialise_once();
  handles_ = std::make_unique<Handles>();
}

Lane::~Lane() = default;

Attempt Lane::perform(const Request& request, const ClientOptions& options, std::stop_token stop,
                      Connection connection) {
  CURL* easy = handles_->easy.get();
  CURLM* multi = handles_->multi.get();
  curl_easy_reset(easy);
  Exchange exchange{.request = request, .easy = easy};
  std::array<char, CURL_ERROR_SIZE> words{};
  const auto headers = header_list(request);
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy, CURLOPT_USERAGENT, base::user_agent().c_str());
  set(easy, CURLOPT_ERRORBUFFER, words.data());
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>((options.stall + request.digestion).count()));
  if (options.total) set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.total->count()));
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  set(easy, CURLOPT_HEADERFUNCTION, on_header);
  set(easy, CURLOPT_HEADERDATA, &exchange);
  set(easy, CURLOPT_WRITEFUNCTION, on_body);
  set(easy, CURLOPT_WRITEDATA, &exchange);
  // When a kept connection dies before the answer, libcurl sends the request once more by itself; a
  // connection of its own keeps that decision here.
  const bool fresh = request.repeat == Repeat::unsafe || connection == Connection::fresh;
  if (fresh) set(easy, CURLOPT_FRESH_CONNECT, 1L);
  // What plain http may not carry beyond this machine must not get there by a proxy either; and a
  // proxy's 169.254.169.254 is another machine's.
  const auto url = parse_url(request.url);
  const bool is_local = !options.unix_socket.empty() || is_loopback_host(url.host);
  if (!options.use_proxy || is_local || is_link_local_host(url.host)) {
    set(easy, CURLOPT_PROXY, "");
  }
  if (!options.unix_socket.empty()) {
    set(easy, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
  }
  trust(easy, options);
  const HostTls* tls = options.host_tls ? options.host_tls(url.authority()) : nullptr;
  if (tls != nullptr) trust_more(easy, options, *tls);
  set_method_and_body(easy, request, exchange);

  curl_multi_add_handle(multi, easy);
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  int running = 1;
  const auto after_stop = stop.stop_requested() ? std::chrono::milliseconds() : request.after_stop;
  std::optional<std::chrono::steady_clock::time_point> end;
  while (running > 0) {
    const bool stopping = stop.stop_requested();
    const auto now = std::chrono::steady_clock::now();
    if (stopping && !end) end = now + after_stop;
    if (end && now >= *end) break;
    curl_multi_perform(multi, &running);
    if (running > 0) curl_multi_poll(multi, nullptr, 0, stopping ? 50 : 1000, nullptr);
  }
  auto code = CURLE_ABORTED_BY_CALLBACK;
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi, easy);
  auto attempt = attempt_of(exchange, code, words.data());
  attempt.stopped = !attempt.response && stop.stop_requested();
  if (code == CURLE_COULDNT_CONNECT && !options.unix_socket.empty()) {
    // libcurl's words leave out the reason, which for a socket is most often a permission.
    long reason = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &reason);
    attempt.why = fmt::format("connect to {}: {}", options.unix_socket,
                              std::generic_category().message(static_cast<int>(reason)));
  }
  return attempt;
}

}  // namespace http
