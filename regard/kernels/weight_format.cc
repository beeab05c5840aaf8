#include "regard/kernels/weight_format.h"

#include <array>

namespace regard::kernels {
namespace {

constexpr std::array<std::string_view, 3> names{"f32", "bf16", "int8"};

}  // namespace

std::string_view name_of(WeightFormat format) { return names[static_cast<std::size_t>(format)]; }

std::optional<WeightFormat> weight_format_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<WeightFormat>(i);
  return std::nullopt;
}

}  // namespace regard::kernels
