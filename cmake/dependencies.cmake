# Everything around the core comes from well-kept libraries in Debian; docs/dependencies.md says why each.
# cmake/regard-config.cmake.in and cmake/install.cmake repeat what a program that links the installed library needs.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # seen also by a project that takes us in by add_subdirectory
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET GLOBAL sentencepiece)
pkg_check_modules(highway REQUIRED IMPORTED_TARGET GLOBAL libhwy)
pkg_check_modules(oniguruma REQUIRED IMPORTED_TARGET GLOBAL oniguruma)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET GLOBAL libutf8proc)
# What the library links, and what our own sources include besides.
set(REGARD_LINKED fmt::fmt ZLIB::ZLIB PkgConfig::sentencepiece PkgConfig::highway PkgConfig::oniguruma PkgConfig::utf8proc
  Threads::Threads)
set(REGARD_DEPENDENCIES ${REGARD_LINKED} nlohmann_json::nlohmann_json)
if(REGARD_PROGRAM OR REGARD_TESTS)
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)  # the library itself never prints
  list(APPEND REGARD_DEPENDENCIES CLI11::CLI11 spdlog::spdlog)
endif()
