# SPDX-License-Identifier: Apache-2.0
# The version is the nearest tag of the form v1.2.3; the commit is appended for people.
set(STAGECRAFT_VERSION_NUMBER 0.1.0)
set(STAGECRAFT_COMMIT unknown)
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND "${GIT_EXECUTABLE}" -C "${CMAKE_CURRENT_LIST_DIR}" describe --tags --match "v[0-9]*" --abbrev=0
    OUTPUT_VARIABLE tag OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(tag MATCHES "^v([0-9]+\\.[0-9]+\\.[0-9]+)$")
    set(STAGECRAFT_VERSION_NUMBER ${CMAKE_MATCH_1})
  endif()
  execute_process(COMMAND "${GIT_EXECUTABLE}" -C "${CMAKE_CURRENT_LIST_DIR}" rev-parse --short=12 HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(commit)
    set(STAGECRAFT_COMMIT ${commit})
  endif()
endif()
