#include "regard/kernels/cpu/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace regard::kernels::cpu {

#if defined(__x86_64__) && defined(__linux__)
namespace {

// What the system saves and restores of a thread (XCR0): 17 and 18 are the tiles' configuration and data.
bool system_keeps_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & 1U << 27) == 0) return false;  // no XGETBV
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr unsigned tiles = 1U << 17 | 1U << 18;
  return (low & tiles) == tiles;
}

bool processor_has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  constexpr unsigned bf16 = 1U << 22, tile = 1U << 24, int8 = 1U << 25, all = bf16 | tile | int8;
  return (d & all) == all;
}

bool system_grants_tiles() {
  constexpr long ask = 0x1023, told = 0x1022, tile_data = 18;  // of <asm/prctl.h>, which may be older
  unsigned long granted = 0;
  return syscall(SYS_arch_prctl, ask, tile_data) == 0 && syscall(SYS_arch_prctl, told, &granted) == 0 &&
         (granted >> tile_data & 1U) != 0;
}

}  // namespace

bool has_amx() {
  static const bool has = processor_has_tiles() && system_keeps_tiles() && system_grants_tiles();
  return has;
}
#else
bool has_amx() { return false; }
#endif

#if defined(__x86_64__)
bool has_vnni() { return __builtin_cpu_supports("avx512vnni") != 0; }
#else
bool has_vnni() { return false; }
#endif

}  // namespace regard::kernels::cpu
