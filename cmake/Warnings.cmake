# SPDX-License-Identifier: Apache-2.0
# Warnings for every target; they are errors only where STAGECRAFT_WERROR is set (the dev and CI
# presets), because users have newer compilers than we do. -Wnull-dereference stays out of optimised
# builds, where g++ 12 finds null pointers inside its own vector and string.
option(STAGECRAFT_WERROR "treat warnings as errors" OFF)

add_library(stagecraft_flags INTERFACE)
target_compile_options(stagecraft_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  $<$<CONFIG:Debug>:-Wnull-dereference> -Wmissing-declarations
  $<$<BOOL:${STAGECRAFT_WERROR}>:-Werror>
  $<$<CONFIG:Release,RelWithDebInfo>:-fstack-protector-strong>)
target_compile_definitions(stagecraft_flags INTERFACE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>
  $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
target_link_options(stagecraft_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:-Wl,-z,relro,-z,now>)

find_program(MOLD mold)
if(MOLD)
  target_link_options(stagecraft_flags INTERFACE -fuse-ld=mold)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
