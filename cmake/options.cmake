# The compiler options of all our targets. No contraction: fused multiply-adds are written where we mean them, so
# results do not depend on what the compiler chose to fuse.
function(regard_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wno-missing-field-initializers -ffp-contract=off
    # g++ 12 sees overlapping copies in "text" + string, where there are none (its bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${REGARD_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()
