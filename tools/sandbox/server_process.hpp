// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "sandbox/claim.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/state_file.hpp"

namespace sandbox {

// The sandbox of one folder. At most one process is it, and holds this name while it lives.
Claim claim_folder(const std::filesystem::path& dir);

// The value of the labels and marks on everything that the sandbox of this folder starts; the same
// every time, so that the remains of a killed one are found.
std::string sandbox_id(const std::filesystem::path& dir);

// Runs everything in this process until the stop, then removes all of it. `on_ready` gets the
// endpoints.
void serve(const UpOptions& options, const std::filesystem::path& dir, const std::stop_token& stop,
           const std::function<void(const Endpoints&)>& on_ready);

enum class Log { remove, keep };

// What a sandbox that is no more left behind: containers, processes, images, files and, when it is
// empty then, the folder. The server's log may stay for somebody who wants to read why it ended.
void remove_remains(const std::filesystem::path& dir, Log log = Log::remove);

}  // namespace sandbox
