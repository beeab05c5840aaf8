# `ctest -R layers`: includes between folders point down, no ring, no file over 400 lines (tools/layers), and every header
# compiles alone. Each of the two checks has a test which shows that it catches what it is for.
add_executable(layers tools/layers/layers.cc tools/layers/main.cc)
regard_options(layers)
target_include_directories(layers PRIVATE ${PROJECT_SOURCE_DIR})
add_test(NAME layers.tree COMMAND layers ${PROJECT_SOURCE_DIR})

add_executable(layers_test tools/layers/layers.cc tools/layers/layers_test.cc)
regard_options(layers_test)
target_include_directories(layers_test PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(layers_test PRIVATE GTest::gtest_main)
gtest_discover_tests(layers_test TEST_PREFIX layers. PROPERTIES LABELS layers)

# One source of one line per header, compiled to check it and never linked. A test builds the target, so that a header
# that does not compile alone fails a test and names itself; a second run compiles only what has changed. Headers with a
# sibling source need none: that source includes its own header first (tools/layers sees to it), which shows the same.
function(regard_headers_target target root)
  set(units)
  foreach(header ${ARGN})
    file(RELATIVE_PATH name ${root} ${header})
    set(unit ${PROJECT_BINARY_DIR}/${target}/${name}.cc)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${name}\"\n" @ONLY)
    list(APPEND units ${unit})
  endforeach()
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${units})
  regard_options(${target})
  target_compile_options(${target} PRIVATE -O0 -g0)
  target_include_directories(${target} PRIVATE ${root})
  target_link_libraries(${target} PRIVATE ${REGARD_DEPENDENCIES} GTest::gtest)
endfunction()

file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/regard/*.h)
set(without_source)
foreach(header ${headers})
  string(REGEX REPLACE "\\.h$" ".cc" source ${header})
  if(NOT EXISTS ${source})
    list(APPEND without_source ${header})
  endif()
endforeach()
regard_headers_target(headers_alone ${PROJECT_SOURCE_DIR} ${without_source})
set(build_target ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target)
add_test(NAME layers.headers COMMAND ${build_target} headers_alone)

set(fixture ${PROJECT_BINARY_DIR}/headers_fixture/needs_another.h)
file(CONFIGURE OUTPUT ${fixture} CONTENT "inline std::string found_nowhere();\n")
regard_headers_target(headers_fixture_alone ${PROJECT_BINARY_DIR}/headers_fixture ${fixture})
add_test(NAME layers.headers_catches COMMAND ${build_target} headers_fixture_alone)
set_tests_properties(layers.headers_catches PROPERTIES PASS_REGULAR_EXPRESSION "needs_another.h:1:[0-9]+: error")
# Two builds in one folder at a time would write the same records.
set_tests_properties(layers.headers layers.headers_catches PROPERTIES RESOURCE_LOCK build_folder)
set_tests_properties(layers.tree layers.headers layers.headers_catches PROPERTIES LABELS layers)
