// SPDX-License-Identifier: Apache-2.0
//
// An image that is not in a registry: files by their path, in a folder or in a tar.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "archives/sink.hpp"
#include "http/message.hpp"
#include "oci/manifest.hpp"

namespace oci {

// Which image of several: by its name or tag ("shop:1.2", "1.2"; empty: the only one), and
// platform.
struct Choice {
  std::string name{};
  Platform platform{};
};

struct ImageSource {
  std::string what;  // for messages
  std::function<std::optional<http::Body>(const std::string& path)> find;
};

// Both throw integrity for a file that is not there, the second one for more than 4 MiB, too.
http::Body need(const ImageSource& source, const std::string& path);
std::string read_document(const ImageSource& source, const std::string& path);

// "docker.io/acme/shop:1.2" is meant by itself, by "acme/shop:1.2" and by "1.2".
bool is_meant(const std::string& name, const std::string& asked);

// Throws refused: not exactly one of the images in `what` was meant. Tells the names there are.
[[noreturn]] void refuse_choice(const Choice& choice, const std::string& what,
                                const std::vector<std::string>& names);

// Copies a blob and throws integrity when it has another digest: nobody else looks at bytes that go
// to a file.
void copy_verified(const http::Body& body, const std::string& digest, const archives::Sink& sink);

}  // namespace oci
