// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"
#include "s3-upload-bundle/options.hpp"

int main(int argc, char** argv) { return cli::run(argc, argv, s3_upload_bundle::tool()); }
