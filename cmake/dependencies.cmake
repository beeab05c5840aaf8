# Everything around the core comes from well-kept libraries in Debian; docs/dependencies.md says why each.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(TBB REQUIRED)
pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET sentencepiece)
pkg_check_modules(highway REQUIRED IMPORTED_TARGET libhwy)
set(REGARD_DEPENDENCIES fmt::fmt spdlog::spdlog nlohmann_json::nlohmann_json CLI11::CLI11 ZLIB::ZLIB TBB::tbb
    PkgConfig::sentencepiece PkgConfig::highway Threads::Threads)
