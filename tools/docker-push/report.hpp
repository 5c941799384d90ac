// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

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

// The section and what became of each blob, for --output json.
json::Value report_json(json::Value section, const oci::PushReport& report, Mode mode);

}  // namespace docker_push
