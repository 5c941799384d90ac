# SPDX-License-Identifier: Apache-2.0
# `cmake --install` and `cpack -G DEB`: shared libraries stay apt's, so security updates reach us.
include(GNUInstallDirs)
get_property(tools GLOBAL PROPERTY STAGECRAFT_TOOLS)
if(tools)
  install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
set(CPACK_PACKAGE_NAME stagecraft)
set(CPACK_PACKAGE_VENDOR "stagecraft")
set(CPACK_PACKAGE_CONTACT "stagecraft maintainers <maintainers@stagecraft.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "Spring Boot from a Git commit to a live blue/green deployment, one binary per stage")
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_STRIP_FILES ON)
include(CPack)
