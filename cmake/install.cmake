# `cmake --install` gives the headers, the static library, find_package(regard), regard.pc, the program, its manual pages and
# shell completions.
# Both packages find their files from where they lie, so an installed tree may be moved.
include(CMakePackageConfigHelpers)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/regard DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*_test*" EXCLUDE PATTERN "cli" EXCLUDE)
install(TARGETS regard EXPORT regard-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET regard_program)
  install(TARGETS regard_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET regard_program AND NOT CMAKE_CROSSCOMPILING)
  # The program itself knows its options: it writes the manual pages and the completions.
  set(manuals ${PROJECT_BINARY_DIR}/manuals)
  add_custom_command(OUTPUT ${manuals}/written
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${manuals}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${manuals}
    COMMAND regard_program man --directory ${manuals}/man1
    COMMAND regard_program completion bash --file ${manuals}/regard
    COMMAND regard_program completion zsh --file ${manuals}/_regard
    COMMAND regard_program completion fish --file ${manuals}/regard.fish
    COMMAND ${CMAKE_COMMAND} -E touch ${manuals}/written
    DEPENDS regard_program COMMENT "Writing manual pages and completions" VERBATIM)
  add_custom_target(manuals ALL DEPENDS ${manuals}/written)
  install(DIRECTORY ${manuals}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES ${manuals}/regard DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${manuals}/_regard DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${manuals}/regard.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/regard)
install(EXPORT regard-targets NAMESPACE regard:: DESTINATION ${config_folder})
configure_package_config_file(cmake/regard-config.cmake.in ${PROJECT_BINARY_DIR}/regard-config.cmake
  INSTALL_DESTINATION ${config_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/regard-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/regard-config.cmake ${PROJECT_BINARY_DIR}/regard-config-version.cmake
  DESTINATION ${config_folder})

cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE regard_libdir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}
  OUTPUT_VARIABLE regard_includedir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
  OUTPUT_VARIABLE regard_prefix)
configure_file(cmake/regard.pc.in ${PROJECT_BINARY_DIR}/regard.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/regard.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
