#pragma once

// Which instruction sets the vector code is compiled for, and how a level finds its copy. Include before any
// header of Highway. Highway compiles the same source once for each target, by pragmas around our functions
// only: no file is compiled with higher -m flags, so no inline function that others share can be kept in a
// copy that an older processor cannot run. For the same reason code between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE takes raw pointers and calls no templates of the standard library.
//
// plain is the baseline of the processor family (on x86-64 without AVX2 one lane at a time or, by clang,
// four emulated ones, which the compiler makes SSE2 of; NEON on ARM). AVX3_DL is off: no kernel gains by it.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <hwy/detect_targets.h>

#if HWY_TARGETS & HWY_AVX2
#define REGARD_AVX2(object) (&N_AVX2::object)
#else
#define REGARD_AVX2(object) nullptr
#endif
#if HWY_TARGETS & HWY_AVX3
#define REGARD_AVX512(object) (&N_AVX3::object)
#else
#define REGARD_AVX512(object) nullptr
#endif

// The address of `object`, a constant that each target's namespace defines; null where the level is not
// built. Constants, not functions: nothing compiled for a target runs before its level is chosen.
#define REGARD_AT_LEVEL(level, object)                       \
  ((level) == Level::plain    ? &HWY_STATIC_DISPATCH(object) \
   : (level) == Level::avx2   ? REGARD_AVX2(object)          \
   : (level) == Level::avx512 ? REGARD_AVX512(object)        \
                              : nullptr)
