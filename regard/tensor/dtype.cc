#include "regard/tensor/dtype.h"

#include <cmath>

namespace regard {

std::size_t size_of(DType type) {
  return visit(type, [](auto tag) { return sizeof(tag); });
}

std::string_view name_of(DType type) {
  constexpr std::string_view names[] = {"f64", "f32", "bf16", "f16", "i64", "i32", "u8", "i8", "bool"};
  return names[static_cast<std::size_t>(type)];
}

BFloat16::BFloat16(float value) {
  const auto x = std::bit_cast<std::uint32_t>(value);
  if (value != value) {
    bits =
        static_cast<std::uint16_t>(x >> 16 | 0x40U);  // a quiet NaN, even if its payload lay in the low bits
    return;
  }
  bits = static_cast<std::uint16_t>((x + 0x7fffU + (x >> 16 & 1U)) >> 16);
}

Float16::Float16(float value) {
  const auto x = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = x >> 16 & 0x8000U;
  const float size = std::fabs(value);
  if (value != value) {
    bits = static_cast<std::uint16_t>(sign | 0x7e00U);
  } else if (size >= 65520.0f) {  // halfway between the largest number and the next: rounds to infinity
    bits = static_cast<std::uint16_t>(sign | 0x7c00U);
  } else if (size < 0x1p-14f) {  // subnormal: a whole number of 2^-24, rounded by the addition
    bits = static_cast<std::uint16_t>(
        sign | (std::bit_cast<std::uint32_t>(size + 0.5f) - std::bit_cast<std::uint32_t>(0.5f)));
  } else {
    const std::uint32_t y = std::bit_cast<std::uint32_t>(size) - (112U << 23);
    bits = static_cast<std::uint16_t>(sign | ((y + 0xfffU + (y >> 13 & 1U)) >> 13));
  }
}

Float16::operator float() const {
  const std::uint32_t sign = std::uint32_t{bits} << 16 & 0x80000000U, rest = bits & 0x7fffU;
  if (rest >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (rest & 0x3ffU) << 13);
  if (rest >= 0x400U) return std::bit_cast<float>(sign | ((rest << 13) + (112U << 23)));
  const float size = static_cast<float>(rest) * 0x1p-24f;
  return sign != 0 ? -size : size;
}

}  // namespace regard
