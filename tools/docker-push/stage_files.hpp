// SPDX-License-Identifier: Apache-2.0
//
// The files of one stage while its steps are replayed.
//
// What a base image in a registry contains is in its layers alone, and fetching them costs more
// than the rest of a build. So they are read only when a step cannot be done without them. Where
// its history does not tell (guess_folder), the names that the base has are learnt: a folder that a
// layer repeats must keep its mode, a path may lead through a link (/bin of a merged /usr), an
// owner must be looked up in /etc/passwd. Its files' bytes are fetched when a step copies them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "docker-push/base_history.hpp"
#include "dockerfile/copy.hpp"
#include "oci/image.hpp"

namespace docker_push {

using ReadFiles = std::function<dockerfile::Tree(const oci::BaseImage& image)>;

struct BaseReaders {
  ReadFiles files{};  // all files of an image
  ReadFiles names{};  // without their bytes; /etc/passwd and /etc/group have theirs
};

class StageFiles {
 public:
  StageFiles() = default;  // from scratch
  StageFiles(std::shared_ptr<const oci::BaseImage> base, BaseReaders read)
      : base_(std::move(base)), read_(std::move(read)), known_(Known::guessed) {}

  const std::shared_ptr<const oci::BaseImage>& base() const { return base_; }  // may be null
  const dockerfile::Tree& tree() const { return tree_; }
  bool is_complete() const { return known_ != Known::guessed; }  // tree() has every name

  // The entries of the layer that a step makes, owners looked up, links of the stage followed;
  // empty when all of it is there already. Throws refused for an owner that the stage does not
  // know.
  dockerfile::Tree take(dockerfile::Copied copied);

  // Makes sure that what lies below `source` ("a/*.jar") is known.
  void learn(std::string_view source);

  // True when there is something at this path.
  bool has(std::string_view path);

 private:
  enum class Known { guessed, names, files };

  void learn_names();
  void learn_files();
  void take_over(dockerfile::Tree all);
  bool has_bytes(std::string_view path) const;
  bool needs_names(const dockerfile::Copied& copied) const;
  Guess guess(std::string_view path) const;
  std::string followed(std::string_view path) const;
  void set_numbers(dockerfile::Entry& entry);

  std::shared_ptr<const oci::BaseImage> base_;
  BaseReaders read_;
  dockerfile::Tree tree_;  // folders that the base is taken to have are marked if_absent
  Known known_ = Known::files;
};

}  // namespace docker_push
