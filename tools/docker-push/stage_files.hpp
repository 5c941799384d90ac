// SPDX-License-Identifier: Apache-2.0
//
// The files of one stage while its steps are replayed.
//
// What a base image in a registry contains is in its layers alone, and fetching them costs more
// than the rest of a build. So they are read only when a step cannot be done without them: a name
// must be looked up in /etc/passwd, a path may lead through a link (/bin of a merged /usr), or
// files are copied out of the base. Otherwise the folders that every system has, and those that the
// base's history speaks of, are taken to be there, and others not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dockerfile/copy.hpp"
#include "oci/image.hpp"

namespace docker_push {

// All files of an image.
using ReadFiles = std::function<dockerfile::Tree(const oci::BaseImage& image)>;

class StageFiles {
 public:
  StageFiles() = default;  // from scratch
  StageFiles(std::shared_ptr<const oci::BaseImage> base, ReadFiles read)
      : base_(std::move(base)), read_(std::move(read)), complete_(false) {}

  const std::shared_ptr<const oci::BaseImage>& base() const { return base_; }  // may be null
  const dockerfile::Tree& tree() const { return tree_; }
  bool is_complete() const { return complete_; }

  // The entries of the layer that a step makes, owners looked up, links of the stage followed;
  // empty when all of it is there already. Throws refused for an owner that the stage does not
  // know.
  dockerfile::Tree take(dockerfile::Copied copied);

  // Makes sure that what lies below `source` ("a/*.jar") is known.
  void learn(std::string_view source);

 private:
  void learn_all();
  bool has_folder(std::string_view path);
  bool base_may_have(std::string_view path) const;
  std::string followed(std::string_view path) const;
  void set_numbers(dockerfile::Entry& entry);

  std::shared_ptr<const oci::BaseImage> base_;
  ReadFiles read_;
  dockerfile::Tree tree_;  // folders that the base is taken to have are marked if_absent
  bool complete_ = true;
};

}  // namespace docker_push
