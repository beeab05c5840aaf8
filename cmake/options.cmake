# The compiler options of all our targets. No contraction: fused multiply-adds are written where we mean them, so
# results do not depend on what the compiler chose to fuse.
function(regard_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wno-missing-field-initializers -ffp-contract=off
    # g++ 12 sees overlapping copies in "text" + string, where there are none (its bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${REGARD_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()

# For tests and commands, of which there are many and in which no time is spent: what counts is how fast they compile. The library
# they stand on is built as ever. In the presets they share precompiled headers, because most of the time goes into the headers of
# others; the library has none, so that its build shows that every source includes what it uses.
option(REGARD_PRECOMPILED_HEADERS "Precompile the headers of the standard library and of dependencies" OFF)
set(REGARD_COMMON_HEADERS <algorithm> <filesystem> <fstream> <functional> <map> <memory> <optional> <sstream> <string> <vector>
  <fmt/format.h>)
function(regard_compile_quickly target)  # then as target_precompile_headers has it
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  if(REGARD_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} ${ARGN})
    # g++ 12 forgets in a precompiled header which headers are the system's, and warns of what it believes to see in them.
    target_compile_options(${target} PRIVATE
      $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread>)
  endif()
endfunction()

# Instrumented code takes the compiler twice as long at -O1 as at -O0, which the sanitizer presets ask for. The sources in which
# tests spend their time are optimized all the same; the vector kernels, compiled for every level of instructions, are
# watched by the address sanitizer alone, for the checks of undefined behavior double the time that they take.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  set(REGARD_SANITIZED_BUILD TRUE)
endif()
function(regard_optimize_when_sanitized)
  if(REGARD_SANITIZED_BUILD)
    list(FILTER ARGN INCLUDE REGEX "/regard/(kernels|base|tensor|text|data)/")
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O1)
    list(FILTER ARGN INCLUDE REGEX "/kernels/cpu/")
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "-O1;-fno-sanitize=undefined")
  endif()
endfunction()
