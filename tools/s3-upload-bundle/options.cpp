// SPDX-License-Identifier: Apache-2.0
#include "s3-upload-bundle/options.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "options/aws_options.hpp"
#include "s3-upload-bundle/s3_upload_bundle.hpp"

namespace s3_upload_bundle {
namespace {

struct Parsed {
  std::string source;
  std::string to;
  aws::SessionOptions aws;
};

void declare(cli::Options& options, Parsed& parsed) {
  auto& app = options.app();
  constexpr auto group = "Bundle";
  options.mark(app.add_option("--source", parsed.source, "Folder with appspec.yml in its root")
                   ->type_name("DIR")
                   ->group(group),
               {.required = true});
  options.mark(app.add_option("--to", parsed.to, "Where bundles go: s3://bucket/prefix/")
                   ->type_name("URI")
                   ->group(group),
               {.env = "STAGECRAFT_BUNDLE_TO", .required = true});
  options::declare_aws(options, parsed.aws);
}

}  // namespace

cli::Tool tool() {
  const auto parsed = std::make_shared<Parsed>();
  return {
      .name = "s3-upload-bundle",
      .summary = "Pack a CodeDeploy bundle that names the image by digest and put it into S3",
      .examples = {"s3-upload-bundle --source DIR --to s3://BUCKET/PREFIX/",
                   "s3-upload-bundle --source deploy --to s3://acme-bundles/shop/ --dry-run",
                   "eval \"$(deploy-sandbox env)\" && s3-upload-bundle --source deploy"},
      .declare = [parsed](cli::Options& options) { declare(options, *parsed); },
      .step =
          [parsed](const cli::Context& context) {
            return upload(
                {.source = parsed->source, .to = parse_destination(parsed->to), .aws = parsed->aws},
                context);
          }};
}

}  // namespace s3_upload_bundle
