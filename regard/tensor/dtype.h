#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace regard {

enum class DType : std::uint8_t { f64, f32, bf16, f16, i64, i32, u8, i8, boolean };

std::size_t size_of(DType type);       // bytes of one element
std::string_view name_of(DType type);  // "f64", "bf16", "bool", ...
constexpr bool is_floating(DType type) { return type <= DType::f16; }

// Storage types of 16 bits: kept as bits, computed in float. Conversion to them rounds to nearest, ties to
// even; NaN stays NaN, overflow becomes infinity.
struct BFloat16 {
  std::uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};
struct Float16 {  // IEEE 754 binary16
  std::uint16_t bits = 0;
  Float16() = default;
  explicit Float16(float value);
  explicit operator float() const;
};

template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, double>)
    return DType::f64;
  else if constexpr (std::is_same_v<T, float>)
    return DType::f32;
  else if constexpr (std::is_same_v<T, BFloat16>)
    return DType::bf16;
  else if constexpr (std::is_same_v<T, Float16>)
    return DType::f16;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return DType::i64;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return DType::i32;
  else if constexpr (std::is_same_v<T, std::uint8_t>)
    return DType::u8;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return DType::i8;
  else {
    static_assert(std::is_same_v<T, bool>, "no such element type");
    return DType::boolean;
  }
}

// Calls f with a value of the C++ type that `type` stores: visit(t.dtype(), [&](auto tag) { using T =
// decltype(tag); ... }).
template <class F>
decltype(auto) visit(DType type, F&& f) {
  switch (type) {
    case DType::f64:
      return f(double{});
    case DType::f32:
      return f(float{});
    case DType::bf16:
      return f(BFloat16{});
    case DType::f16:
      return f(Float16{});
    case DType::i64:
      return f(std::int64_t{});
    case DType::i32:
      return f(std::int32_t{});
    case DType::u8:
      return f(std::uint8_t{});
    case DType::i8:
      return f(std::int8_t{});
    case DType::boolean:
      break;
  }
  return f(bool{});
}

}  // namespace regard
