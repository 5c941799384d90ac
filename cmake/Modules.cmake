# SPDX-License-Identifier: Apache-2.0
#
# What a module, a tool and a test are.
#
#   add_module(json DEPENDS base text USES nlohmann_json::nlohmann_json)
#     lib/json/*.cpp as one static library. DEPENDS names modules and is what the layering test
#     holds the includes against; USES names third-party targets.
#   add_tool(docker-push USES oci http … [THIRD_PARTY …])
#     tools/docker-push: everything but main.cpp as <tool>_step (so that tests can link it), and the
#     executable.
#   add_module_test(json)
#     tests/unit/json/*_test.cpp as one executable whose cases are single ctest tests.

function(add_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS;USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/lib")
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE stagecraft_flags ${arg_USES})
  set_property(GLOBAL PROPERTY STAGECRAFT_DEPENDS_${name} "${arg_DEPENDS}")
  set_property(GLOBAL APPEND PROPERTY STAGECRAFT_MODULES ${name})
endfunction()

function(add_tool name)
  cmake_parse_arguments(arg "" "EXECUTABLE" "USES;THIRD_PARTY" ${ARGN})
  if(NOT arg_EXECUTABLE)
    set(arg_EXECUTABLE ${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/main.cpp")
  add_library(${name}_step STATIC ${sources})
  target_include_directories(${name}_step PUBLIC "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}/tools")
  target_link_libraries(${name}_step
    PUBLIC ${arg_USES} PRIVATE stagecraft_flags CLI11::CLI11 Threads::Threads ${arg_THIRD_PARTY})
  add_executable(${arg_EXECUTABLE} main.cpp)
  target_link_libraries(${arg_EXECUTABLE} PRIVATE ${name}_step stagecraft_flags)
  set_target_properties(${arg_EXECUTABLE} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set_property(GLOBAL APPEND PROPERTY STAGECRAFT_TOOLS ${arg_EXECUTABLE})
endfunction()

function(add_module_test name)
  cmake_parse_arguments(arg "" "FOLDER" "USES" ${ARGN})
  if(NOT arg_FOLDER)
    set(arg_FOLDER "${CMAKE_CURRENT_SOURCE_DIR}/unit/${name}")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${arg_FOLDER}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests ${sources})
  target_link_libraries(${name}_tests PRIVATE test_main test_support ${arg_USES} stagecraft_flags
    doctest::doctest)
  target_include_directories(${name}_tests PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name}_tests PRIVATE
    STAGECRAFT_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  doctest_discover_tests(${name}_tests TEST_PREFIX "${name}/")
endfunction()
