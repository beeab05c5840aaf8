# The targets `format` (rewrites our sources by .clang-format) and `lint` (clang-tidy by .clang-tidy, warnings as errors).
find_program(REGARD_CLANG_FORMAT NAMES clang-format-14 clang-format)
find_program(REGARD_CLANG_TIDY NAMES clang-tidy-14 clang-tidy)
mark_as_advanced(REGARD_CLANG_FORMAT REGARD_CLANG_TIDY)
file(GLOB_RECURSE formatted CONFIGURE_DEPENDS regard/*.h regard/*.cc tests/*.h tests/*.cc bench/*.h bench/*.cc
  examples/*.h examples/*.cc tools/*.h tools/*.cc)
if(REGARD_CLANG_FORMAT)
  add_custom_target(format COMMAND ${REGARD_CLANG_FORMAT} -i ${formatted} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
if(REGARD_CLANG_TIDY)
  add_custom_target(lint COMMAND ${PROJECT_SOURCE_DIR}/tools/lint ${REGARD_CLANG_TIDY} ${PROJECT_BINARY_DIR}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM USES_TERMINAL)
endif()
