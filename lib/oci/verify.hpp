// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "oci/layer.hpp"
#include "oci/local_layers.hpp"

namespace oci {

// Makes each layer whose digests were learned without making it, and compares. Throws integrity for
// one that comes out otherwise, naming its key, both digests and who had told the wrong one. What
// was made stays the layer's bytes. Answers how many there were.
std::size_t verify_learned(std::vector<Layer>& layers, const LocalLayers& local);

}  // namespace oci
