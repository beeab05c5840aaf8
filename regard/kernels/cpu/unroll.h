#pragma once

// Before a loop over accumulators: they must be registers, so it is unrolled before that is decided.
#if defined(__clang__)
#define REGARD_UNROLL _Pragma("unroll")
#else
#define REGARD_UNROLL _Pragma("GCC unroll 16")
#endif
