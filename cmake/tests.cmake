# One test program per folder of regard/ and of tests/; a unit test is the sibling of what it tests.
find_package(GTest REQUIRED)
include(GoogleTest)

# The folders whose tests also run under the address and undefined-behavior sanitizers in CI: those that handle memory
# and foreign bytes, and are quick enough. The whole suite runs so by the presets asan and tsan.
set(REGARD_SANITIZED base tensor text kernels autograd nn data metrics decode faults issues)
add_custom_target(sanitized)

# Compiles the headers of others once for all test programs; no test waits for another's program.
if(REGARD_PRECOMPILED_HEADERS)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/test_headers.cc CONTENT "int main() {}\n")
  add_executable(test_headers EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/test_headers.cc)
  regard_options(test_headers)
  target_link_libraries(test_headers PRIVATE regard ${REGARD_DEPENDENCIES} GTest::gtest_main)
  regard_compile_quickly(test_headers PRIVATE ${REGARD_COMMON_HEADERS} <nlohmann/json.hpp> <gtest/gtest.h>)
endif()

function(regard_test name)
  add_executable(${name} ${ARGN})
  regard_options(${name})
  target_compile_definitions(${name} PRIVATE REGARD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  regard_compile_quickly(${name} REUSE_FROM test_headers)
  target_link_libraries(${name} PRIVATE regard ${REGARD_DEPENDENCIES} GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_LIST ${name}_list PROPERTIES LABELS ${name})
  string(REGEX REPLACE "_test$" "" folder ${name})
  if(folder IN_LIST REGARD_SANITIZED)
    add_dependencies(sanitized ${name})
    # The discovered tests are known to ctest alone, and discovery cannot give two labels: ctest reads this after it.
    set(labels ${PROJECT_BINARY_DIR}/${name}_labels.cmake)
    file(CONFIGURE OUTPUT ${labels} @ONLY CONTENT
      "if(@name@_list)\n  set_tests_properties(\${@name@_list} PROPERTIES LABELS \"@name@;sanitized\")\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels})
  endif()
endfunction()

file(GLOB layers LIST_DIRECTORIES true CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/regard/* ${PROJECT_SOURCE_DIR}/tests/*)
foreach(layer ${layers})
  if(IS_DIRECTORY ${layer})
    file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${layer}/*_test.cc)
    if(tests)
      get_filename_component(name ${layer} NAME)
      if(TARGET ${name}_test)  # regard/cli and tests/cli
        set(name tests_${name})
      endif()
      regard_test(${name}_test ${tests})
      if(TARGET regard_program AND layer MATCHES "/tests/[^/]*$")
        # Tests of the whole program run it.
        add_dependencies(${name}_test regard_program)
        target_compile_definitions(${name}_test PRIVATE REGARD_PROGRAM_FILE="$<TARGET_FILE:regard_program>")
        if(name STREQUAL "cli")  # looks also at what the commands declare
          target_link_libraries(cli_test PRIVATE regard_cli)
          if(REGARD_SANITIZED_BUILD)
            target_compile_definitions(cli_test PRIVATE REGARD_SANITIZED)
          endif()
        endif()
      endif()
    endif()
  endif()
endforeach()

# Pages of `regard explain`, used in a browser without a window; skipped where there is no chromium.
if(TARGET regard_program)
  add_test(NAME browser.explain_page
    COMMAND ${PROJECT_SOURCE_DIR}/tests/browser/explain_page.sh $<TARGET_FILE:regard_program>)
  set_tests_properties(browser.explain_page PROPERTIES SKIP_RETURN_CODE 77 LABELS browser)
endif()

include(cmake/layers.cmake)

if(REGARD_INSTALL)
  add_test(NAME install.consumer COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR}
    -DWORK=${PROJECT_BINARY_DIR}/consumer -DCXX=${CMAKE_CXX_COMPILER} -DFLAGS=${CMAKE_CXX_FLAGS}
    -DGENERATOR=${CMAKE_GENERATOR}
    -P ${PROJECT_SOURCE_DIR}/cmake/consumer.cmake)
  set_tests_properties(install.consumer PROPERTIES LABELS install RESOURCE_LOCK build_folder)
endif()
