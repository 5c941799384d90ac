// SPDX-License-Identifier: Apache-2.0
//
// What a registry token permits. Tokens are opaque to clients by the specification, but most are
// JWTs whose `access` claim lists the actions granted; a token server grants less than was asked
// without a word, so this is where the missing action shows. Read for messages only: nothing here
// is verified.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oci {

struct Grant {
  std::string repository;
  std::vector<std::string> actions;  // "pull", "push", "*"
};

// Absent for a token that is no JWT or has no such claim; an empty list grants nothing.
std::optional<std::vector<Grant>> find_grants(std::string_view token);

// What a scope ("repository:acme/shop:pull,push repository:base:pull") asks for.
std::vector<Grant> parse_scope(std::string_view scope);

// The part of `asked` that `granted` lacks.
std::vector<Grant> missing(const std::vector<Grant>& asked, const std::vector<Grant>& granted);

// "pull and push on acme/shop, pull on base"
std::string text_of(const std::vector<Grant>& grants);

}  // namespace oci
