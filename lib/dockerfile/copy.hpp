// SPDX-License-Identifier: Apache-2.0
//
// What COPY and ADD put where.
//
// A folder's content is copied, not the folder; a file goes to the destination's name, or under its
// own name into a destination that is a folder. Whether it is one may be known by the base image
// alone: then the answer is left open as `Undecided`.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dockerfile/tree.hpp"

namespace dockerfile {

struct Document {
  std::string name{};
  std::string content{};
};

struct CopyRequest {
  std::string where = "the build context";  // for messages: what the sources are looked up in
  std::vector<std::string> sources{};       // from the source's root, "a/*.jar"; no leading "/"
  std::vector<Document> documents{};        // heredocs
  std::string destination{};                // absolute and clean
  bool into_folder = false;        // the destination ends in "/" or is the working directory
  std::string owner{};             // --chown
  std::optional<unsigned> mode{};  // --chmod
  bool parents = false;
  bool link = false;    // links in the base's folders are not followed
  bool unpack = false;  // ADD
  std::vector<std::string> excludes{};
  std::filesystem::path scratch{};  // where archives are unpacked; empty: the system's
};

// If the image has a folder at `path`, the file there belongs into it, under `name`.
struct Undecided {
  std::string path{};
  std::string name{};
};

struct SourceMatches {
  std::string source{};
  std::vector<std::string> paths{};
};

struct Copied {
  Tree entries{};
  std::optional<Undecided> undecided{};
  std::vector<SourceMatches> matches{};  // of sources with wildcards
  bool several_for_one_name = false;     // more than one file for a destination that is no folder
};

// What is known of the image that is copied into.
struct Target {
  const Tree& tree;
  bool complete = false;                // nothing is in the image but `tree`
  std::set<std::string> open_places{};  // files of `tree` that may be in folders of that name
};

// Throws refused for a source without wildcards that is absent.
Copied copy(const CopyRequest& request, const Tree& source, const Target& target);

// Adds what a step put into the image to what was there.
void merge(const Tree& entries, Tree& tree);

// Throws refused when the entry is a folder and a file is there, or the other way round.
void refuse_clash(const Entry& entry, NodeKind there);

// The image does have a folder there.
void put_into_folder(Copied& copied);

// "1000", "1000:1000" become numbers, "app" or "app:0" stay a text.
void set_owner(Entry& entry, const std::string& owner);

}  // namespace dockerfile
