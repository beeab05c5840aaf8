# A libFuzzer program for each source in fuzz/, with everything under the address and undefined-behavior sanitizers:
#   cmake -B build/fuzz -DREGARD_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++-14 && cmake --build build/fuzz --target fuzz
#   build/fuzz/bin/fuzz_tokenizer_json -max_total_time=3600 CORPUS
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "REGARD_FUZZ: found ${CMAKE_CXX_COMPILER_ID}, expected clang: libFuzzer comes with it")
endif()
target_compile_options(regard PRIVATE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*.cc)
add_custom_target(fuzz)
foreach(source ${fuzzers})
  get_filename_component(name ${source} NAME_WE)
  add_executable(fuzz_${name} EXCLUDE_FROM_ALL ${source})
  regard_options(fuzz_${name})
  target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  target_link_libraries(fuzz_${name} PRIVATE regard ${REGARD_DEPENDENCIES})
  add_dependencies(fuzz fuzz_${name})
endforeach()
