# SPDX-License-Identifier: Apache-2.0
# STAGECRAFT_SANITIZE is a list for -fsanitize, e.g. "address,undefined" or "thread".
set(STAGECRAFT_SANITIZE "" CACHE STRING "sanitizers to build with")
if(STAGECRAFT_SANITIZE)
  # g++ 12 takes the sanitizers' own checks of a moved std::variant for reads of it.
  target_compile_options(stagecraft_flags INTERFACE
    -fsanitize=${STAGECRAFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)
  target_link_options(stagecraft_flags INTERFACE -fsanitize=${STAGECRAFT_SANITIZE})
endif()
