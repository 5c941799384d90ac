// SPDX-License-Identifier: Apache-2.0
#include "dockerfile/base_images.hpp"

#include <array>

#include "text/split.hpp"

namespace dockerfile {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

constexpr sys_days day(int y, unsigned m, unsigned d) {
  return year{y} / std::chrono::month{m} / std::chrono::day{d};
}

struct Row {
  std::string_view repository;  // empty: a part of any image's tag
  std::string_view tag;         // the tag's first part, or one of its parts; empty: any tag
  std::string_view what;
  sys_days since;
  std::string_view instead;
};

constexpr std::string_view temurin = "eclipse-temurin:17-jre, 21-jre or 25-jre";
constexpr std::string_view debian = "debian:13";
constexpr std::string_view ubuntu = "ubuntu:24.04";
constexpr std::string_view alpine = "a later Alpine";

// Dates: docker-library/openjdk#505; adoptium.net/support; wiki.debian.org/LTS;
// ubuntu.com/about/release-cycle (standard support); alpinelinux.org/releases; centos.org.
constexpr auto rows = std::to_array<Row>({
    {"openjdk", "", "the openjdk images", day(2022, 7, 27), temurin},
    {"adoptopenjdk", "", "the AdoptOpenJDK images", day(2021, 8, 1), temurin},
    {"java", "", "the java images", day(2016, 12, 31), temurin},
    {"eclipse-temurin", "16", "Java 16", day(2021, 9, 14), temurin},
    {"eclipse-temurin", "18", "Java 18", day(2022, 9, 20), temurin},
    {"eclipse-temurin", "19", "Java 19", day(2023, 3, 21), temurin},
    {"eclipse-temurin", "20", "Java 20", day(2023, 9, 19), temurin},
    {"eclipse-temurin", "22", "Java 22", day(2024, 9, 17), temurin},
    {"eclipse-temurin", "23", "Java 23", day(2025, 3, 18), temurin},
    {"eclipse-temurin", "24", "Java 24", day(2025, 9, 16), temurin},
    {"debian", "8", "Debian 8 (jessie)", day(2020, 6, 30), debian},
    {"debian", "9", "Debian 9 (stretch)", day(2022, 6, 30), debian},
    {"debian", "10", "Debian 10 (buster)", day(2024, 6, 30), debian},
    {"debian", "11", "Debian 11 (bullseye)", day(2026, 8, 31), debian},
    {"debian", "12", "Debian 12 (bookworm)", day(2028, 6, 30), debian},
    {"", "jessie", "Debian 8 (jessie)", day(2020, 6, 30), debian},
    {"", "stretch", "Debian 9 (stretch)", day(2022, 6, 30), debian},
    {"", "buster", "Debian 10 (buster)", day(2024, 6, 30), debian},
    {"", "bullseye", "Debian 11 (bullseye)", day(2026, 8, 31), debian},
    {"", "bookworm", "Debian 12 (bookworm)", day(2028, 6, 30), debian},
    {"ubuntu", "14.04", "Ubuntu 14.04", day(2019, 4, 25), ubuntu},
    {"ubuntu", "16.04", "Ubuntu 16.04", day(2021, 4, 30), ubuntu},
    {"ubuntu", "18.04", "Ubuntu 18.04", day(2023, 5, 31), ubuntu},
    {"ubuntu", "20.04", "Ubuntu 20.04", day(2025, 5, 31), ubuntu},
    {"ubuntu", "22.04", "Ubuntu 22.04", day(2027, 4, 30), ubuntu},
    {"ubuntu", "23.10", "Ubuntu 23.10", day(2024, 7, 11), ubuntu},
    {"ubuntu", "24.10", "Ubuntu 24.10", day(2025, 7, 10), ubuntu},
    {"ubuntu", "25.04", "Ubuntu 25.04", day(2026, 1, 15), ubuntu},
    {"", "trusty", "Ubuntu 14.04 (trusty)", day(2019, 4, 25), ubuntu},
    {"", "xenial", "Ubuntu 16.04 (xenial)", day(2021, 4, 30), ubuntu},
    {"", "bionic", "Ubuntu 18.04 (bionic)", day(2023, 5, 31), ubuntu},
    {"", "focal", "Ubuntu 20.04 (focal)", day(2025, 5, 31), ubuntu},
    {"", "jammy", "Ubuntu 22.04 (jammy)", day(2027, 4, 30), ubuntu},
    {"alpine", "3.15", "Alpine 3.15", day(2023, 11, 1), alpine},
    {"alpine", "3.16", "Alpine 3.16", day(2024, 5, 23), alpine},
    {"alpine", "3.17", "Alpine 3.17", day(2024, 11, 22), alpine},
    {"alpine", "3.18", "Alpine 3.18", day(2025, 5, 9), alpine},
    {"alpine", "3.19", "Alpine 3.19", day(2025, 11, 1), alpine},
    {"alpine", "3.20", "Alpine 3.20", day(2026, 4, 1), alpine},
    {"alpine", "3.21", "Alpine 3.21", day(2026, 11, 1), alpine},
    {"", "alpine3.16", "Alpine 3.16", day(2024, 5, 23), alpine},
    {"", "alpine3.17", "Alpine 3.17", day(2024, 11, 22), alpine},
    {"", "alpine3.18", "Alpine 3.18", day(2025, 5, 9), alpine},
    {"", "alpine3.19", "Alpine 3.19", day(2025, 11, 1), alpine},
    {"", "alpine3.20", "Alpine 3.20", day(2026, 4, 1), alpine},
    {"", "alpine3.21", "Alpine 3.21", day(2026, 11, 1), alpine},
    {"centos", "", "CentOS Linux", day(2024, 6, 30), "almalinux:9"},
});

bool is_version(std::string_view part, std::string_view version) {
  return part == version || (part.starts_with(version) &&
                             (part[version.size()] == '.' || part[version.size()] == '_'));
}

bool fits(const Row& row, const ImageName& image) {
  if (!row.repository.empty() && row.repository != image.repository) return false;
  if (row.tag.empty()) return true;
  const auto parts = text::split(image.tag, '-');
  if (!row.repository.empty()) return is_version(parts.front(), row.tag);
  for (const std::string_view part : parts) {
    if (part == row.tag) return true;
  }
  return false;
}

}  // namespace

ImageName parse_image_name(std::string_view image) {
  ImageName name;
  if (const auto parts = text::cut(image, "@")) {
    name.digest = parts->second;
    image = parts->first;
  }
  const std::size_t colon = image.rfind(':');
  if (colon != std::string_view::npos && image.substr(colon).find('/') == std::string_view::npos) {
    name.tag = image.substr(colon + 1);
    image = image.substr(0, colon);
  }
  for (const std::string_view prefix : {"index.docker.io/", "docker.io/", "library/"}) {
    if (image.starts_with(prefix)) image.remove_prefix(prefix.size());
  }
  name.repository = image;
  return name;
}

std::optional<EndOfLife> find_end_of_life(const ImageName& image, sys_days today) {
  for (const Row& row : rows) {
    if (row.since <= today && fits(row, image)) {
      return EndOfLife{std::string(row.what), row.since, std::string(row.instead)};
    }
  }
  return std::nullopt;
}

}  // namespace dockerfile
