// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace text {

// The candidate that a typing slip most likely meant (edit distance with swapped neighbours, at
// most a third of the word); empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace text
