# The compiler options of all our targets. No contraction: fused multiply-adds are written where we mean them, so
# results do not depend on what the compiler chose to fuse.
function(regard_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wno-missing-field-initializers -ffp-contract=off
    $<$<BOOL:${REGARD_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()
