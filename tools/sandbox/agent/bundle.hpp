// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <stop_token>

#include "sandbox/model.hpp"
#include "sandbox/s3/store.hpp"

namespace sandbox::agent {

// DownloadBundle: fetches the revision by bucket, key and version, holds its ETag against the
// expected one and unpacks it into <deployment>/deployment-archive, one top folder that holds the
// appspec stripped. Throws refused with texts like those of the AWS agent.
void download_bundle(const s3::Store& objects, const S3Location& revision,
                     const std::filesystem::path& deployment, std::stop_token stop);

}  // namespace sandbox::agent
