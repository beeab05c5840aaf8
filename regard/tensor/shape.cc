#include "regard/tensor/shape.h"

#include <fmt/format.h>

#include <cassert>

#include "regard/base/error.h"

namespace regard {

Shape::Shape(std::initializer_list<std::int64_t> sizes) {
  assert(sizes.size() <= max_rank);
  for (std::int64_t size : sizes) sizes_[static_cast<std::size_t>(rank_++)] = size;
}

Shape::Shape(const std::vector<std::int64_t>& sizes) {
  if (sizes.size() > max_rank)
    throw InputError(fmt::format("shape: found {} axes, expected at most {}", sizes.size(), max_rank));
  std::int64_t elements = 1;
  for (std::int64_t size : sizes) {
    if (size < 0) throw InputError(fmt::format("shape: found an axis of size {}, expected 0 or more", size));
    if (__builtin_mul_overflow(elements, size == 0 ? 1 : size, &elements))
      throw InputError("shape: its number of elements is larger than any memory");
    sizes_[static_cast<std::size_t>(rank_++)] = size;
  }
}

void Shape::set(int axis, std::int64_t size) {
  if (axis < 0) axis += rank_;
  assert(axis >= 0 && axis < rank_);
  sizes_[static_cast<std::size_t>(axis)] = size;
}

std::int64_t Shape::elements() const {
  std::int64_t n = 1;
  for (int i = 0; i < rank_; ++i) n *= sizes_[static_cast<std::size_t>(i)];
  return n;
}

std::string Shape::to_string() const {
  return fmt::format("[{}]", fmt::join(sizes_.begin(), sizes_.begin() + rank_, ", "));
}

}  // namespace regard
