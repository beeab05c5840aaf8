# Run by ctest: cmake -DBUILD=<our build folder> -DWORK=<empty folder> -DSOURCE=<our root> -DCXX=<compiler> -DGENERATOR=<CMake's>
#   -DFLAGS=<compiler's> -P consumer.cmake
# Installs, moves the installed tree, and builds examples/consumer against it by find_package and by pkg-config; then builds
# a project that takes the library in by add_subdirectory as far as its link line (generation fails on a lost target).
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/moved)

file(GLOB_RECURSE installed RELATIVE ${WORK}/moved ${WORK}/moved/*)
foreach(expected include/regard/base/error.h pkgconfig/regard.pc cmake/regard/regard-config.cmake libregard.a bin/regard
    share/man/man1/regard.1 share/man/man1/regard-train.1 bash-completion/completions/regard site-functions/_regard
    vendor_completions.d/regard.fish)
  if(NOT installed MATCHES "${expected}")
    message(FATAL_ERROR "not installed: ${expected}")
  endif()
endforeach()
if(installed MATCHES "_test")
  message(FATAL_ERROR "a test is installed")
endif()

set(compiler -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_CXX_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} -S ${SOURCE}/examples/consumer -B ${WORK}/consumer ${compiler} -DCMAKE_PREFIX_PATH=${WORK}/moved)
run(${CMAKE_COMMAND} --build ${WORK}/consumer)
# The first result of example 1 in docs/articles.md.
execute_process(COMMAND ${WORK}/consumer/consumer OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
if(NOT printed MATCHES "^2.9480 3.9480 ")
  message(FATAL_ERROR "the installed library attends wrongly: ${printed}")
endif()

file(GLOB_RECURSE pc ${WORK}/moved/*/regard.pc)
get_filename_component(pc_folder ${pc} DIRECTORY)
find_program(pkg_config pkg-config REQUIRED)
set(ENV{PKG_CONFIG_PATH} ${pc_folder})
execute_process(COMMAND ${pkg_config} --static --cflags --libs regard OUTPUT_VARIABLE flags
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
separate_arguments(more UNIX_COMMAND "${FLAGS}")
run(${CXX} -std=c++20 ${more} ${SOURCE}/examples/consumer/consumer.cc -o ${WORK}/by_pkg_config ${flags})
run(${WORK}/by_pkg_config)

file(WRITE ${WORK}/inner/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(inner LANGUAGES CXX)
add_subdirectory(${SOURCE} regard)
add_executable(consumer ${SOURCE}/examples/consumer/consumer.cc)
target_link_libraries(consumer PRIVATE regard::regard)
")
run(${CMAKE_COMMAND} -S ${WORK}/inner -B ${WORK}/inner/build ${compiler})
