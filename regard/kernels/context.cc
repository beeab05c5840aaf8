#include "regard/kernels/context.h"

#include <array>

#include "regard/kernels/cpu/processor.h"

namespace regard::kernels {
namespace {

constexpr std::array<std::string_view, 5> level_names{"reference", "plain", "avx2", "avx512", "amx"};

}  // namespace

Level best_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return cpu::has_amx() ? Level::amx : Level::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Level::avx2;
#endif
  return Level::plain;
}

std::string_view name_of(Level level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<Level> level_named(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == name) return static_cast<Level>(i);
  return std::nullopt;
}

}  // namespace regard::kernels
