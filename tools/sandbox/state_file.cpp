// SPDX-License-Identifier: Apache-2.0
#include "sandbox/state_file.hpp"

#include "file/file.hpp"
#include "json/field.hpp"

namespace sandbox {
namespace {

constexpr const char* name = "state.json";

}  // namespace

json::Value to_json(const Endpoints& endpoints) {
  return json::object({{"pid", static_cast<std::int64_t>(endpoints.pid)},
                       {"api", endpoints.api},
                       {"balancer", endpoints.balancer},
                       {"registry", endpoints.registry},
                       {"region", endpoints.region},
                       {"dir", endpoints.dir},
                       {"event_log", endpoints.event_log},
                       {"application", endpoints.application},
                       {"group", endpoints.group},
                       {"bucket", endpoints.bucket},
                       {"image", endpoints.image}});
}

std::optional<Endpoints> find_endpoints(const std::filesystem::path& dir) {
  const auto content = file::find(dir / name);
  if (!content) return std::nullopt;
  const auto document = json::parse(*content, (dir / name).string());
  const json::Field root(document, (dir / name).string());
  Endpoints endpoints;
  endpoints.pid = static_cast<pid_t>(root["pid"].integer());
  endpoints.ready = root["ready"].boolean();
  endpoints.api = root["api"].string();
  endpoints.balancer = root["balancer"].string();
  endpoints.registry = root["registry"].string();
  endpoints.region = root["region"].string();
  endpoints.dir = root["dir"].string();
  endpoints.event_log = root["event_log"].string();
  endpoints.application = root["application"].string();
  endpoints.group = root["group"].string();
  endpoints.bucket = root["bucket"].string();
  endpoints.image = root["image"].string();
  endpoints.control_token = root["control_token"].maybe_string().value_or("");
  return endpoints;
}

void write_endpoints(const std::filesystem::path& dir, const Endpoints& endpoints) {
  auto document = to_json(endpoints);
  document.set("ready", endpoints.ready);
  document.set("control_token", endpoints.control_token);
  constexpr unsigned owner_only = 0600;
  file::write_atomically(dir / name, json::write_pretty(document), owner_only);
}

}  // namespace sandbox
