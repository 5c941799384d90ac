# SPDX-License-Identifier: Apache-2.0
# Every third-party library, with the Debian package that brings it.
find_package(PkgConfig REQUIRED)                                          # pkg-config
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)                                              # libfmt-dev
find_package(OpenSSL 3.0 REQUIRED)                                        # libssl-dev
find_package(nlohmann_json 3.11 REQUIRED)                                 # nlohmann-json3-dev
find_package(yaml-cpp 0.7 REQUIRED)                                       # libyaml-cpp-dev
find_package(CLI11 2.1 REQUIRED)                                          # libcli11-dev
find_package(CURL 7.85 REQUIRED)                                          # libcurl4-openssl-dev
find_package(ZLIB REQUIRED)                                               # zlib1g-dev
find_package(LibArchive 3.6 REQUIRED)                                     # libarchive-dev
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2>=1.1)          # libgit2-dev
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)           # libcpp-httplib-dev
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)                  # libisal-dev
find_package(doctest 2.4 REQUIRED)                                        # doctest-dev
include("${doctest_DIR}/doctest.cmake")

# yaml-cpp renamed its target in 0.8.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
