#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace regard::kernels {

// In which form a weight enters a product.
enum class WeightFormat : std::uint8_t {
  as_computed,  // in the type of the operands, f32 or f64
  // Rounded to bf16. The sums are in f32; the other operand stays f32, but where a level multiplies bf16
  // itself (amx) it is rounded too.
  bf16,
  // Whole numbers of 8 bits, -127 .. 127 (-128 where a file holds it), with a scale for each output channel.
  // The other operand gets a scale for each row as it comes (its largest magnitude / 127); the sums of
  // products are exact, in 32 bits.
  int8
};

std::string_view name_of(WeightFormat format);  // "f32", "bf16", "int8"
std::optional<WeightFormat> weight_format_named(std::string_view name);

}  // namespace regard::kernels
