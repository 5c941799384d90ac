// SPDX-License-Identifier: Apache-2.0
#include "logging/secrets.hpp"

#include <algorithm>
#include <mutex>
#include <span>
#include <vector>

#include "text/base64.hpp"
#include "text/hex.hpp"
#include "text/percent.hpp"
#include "text/split.hpp"

namespace logging {
namespace {

constexpr std::size_t shortest = 4;

// Longest first, so that a secret which contains another is masked whole.
struct Registry {
  std::mutex mutex;
  std::vector<std::string> forms;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

void add_form(std::vector<std::string>& forms, std::string form) {
  if (form.size() < shortest) return;
  if (std::find(forms.begin(), forms.end(), form) != forms.end()) return;
  const auto at = std::find_if(forms.begin(), forms.end(), [&](const std::string& other) {
    return other.size() < form.size();
  });
  forms.insert(at, std::move(form));
}

// What base64 shows of the secret wherever it stands in a longer text: the digits that depend on
// nothing but the secret, for each of the three alignments.
void add_base64_forms(std::vector<std::string>& forms, std::string_view secret) {
  for (const auto alphabet : {text::Base64::standard, text::Base64::url}) {
    for (std::size_t shift = 0; shift < 3; ++shift) {
      auto digits = text::base64(std::string(shift, '\0') + std::string(secret), alphabet);
      const auto padding = digits.find('=');
      if (padding != std::string::npos) digits.resize(padding);
      const std::size_t front = shift == 0 ? 0 : shift + 1;
      const std::size_t back = (shift + secret.size()) % 3 == 0 ? 0 : 1;
      if (digits.size() > front + back) {
        add_form(forms, digits.substr(front, digits.size() - front - back));
      }
    }
  }
}

std::string json_escaped(std::string_view secret) {
  constexpr std::string_view short_forms = "\"\"\\\\\bb\ff\nn\rr\tt";
  std::string escaped;
  for (const char c : secret) {
    std::size_t at = 0;
    while (at < short_forms.size() && short_forms[at] != c) at += 2;
    if (at < short_forms.size()) {
      escaped += {'\\', short_forms[at + 1]};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      escaped += "\\u00" + text::hex(std::as_bytes(std::span(&c, 1)));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void add_forms(std::vector<std::string>& forms, std::string_view secret) {
  if (secret.size() < shortest) return;
  add_form(forms, std::string(secret));
  add_form(forms, text::percent_encode(secret));
  add_form(forms, json_escaped(secret));
  add_base64_forms(forms, secret);
}

}  // namespace

void add_secret(std::string_view secret) {
  if (secret.size() < shortest) return;
  auto& known = registry();
  const std::lock_guard lock(known.mutex);
  add_forms(known.forms, secret);
  for (const auto line : text::lines(secret)) add_forms(known.forms, text::trim(line));
}

std::string mask(std::string_view text) {
  std::string masked(text);
  auto& known = registry();
  const std::lock_guard lock(known.mutex);
  for (const auto& form : known.forms) {
    if (masked.find(form) != std::string::npos) masked = text::replace_all(masked, form, "****");
  }
  return masked;
}

}  // namespace logging
