// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "oci/push.hpp"
#include "oci/reference.hpp"

namespace docker_push {

enum class Mode { push, plan };

// "sent", "mounted", "there"; of a plan "to send", "to mount".
std::string_view word_of(oci::Fate fate, Mode mode);

// The release record's section `image`.
json::Value image_section(const oci::Reference& target, const oci::Image& image,
                          const oci::BaseImage& base);

// Bytes of the layers and the config, as they are stored.
std::uint64_t size_of(const oci::Image& image);

json::Value tags_json(const std::vector<std::string>& tags);

// The section and what became of each blob, for --output json.
json::Value report_json(json::Value section, const oci::PushReport& report, Mode mode);

}  // namespace docker_push
