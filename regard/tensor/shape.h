#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace regard {

// The sizes of a tensor's axes, outermost first; at most 6 of them. A scalar has rank 0 and one element.
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes);
  explicit Shape(
      const std::vector<std::int64_t>& sizes);  // InputError when a size is negative, the rank too large,
                                                // or the number of elements no 63-bit number
  int rank() const { return rank_; }
  std::int64_t operator[](int axis) const {  // a negative axis counts from the end
    if (axis < 0) axis += rank_;
    assert(axis >= 0 && axis < rank_);
    return sizes_[static_cast<std::size_t>(axis)];
  }
  void set(int axis, std::int64_t size);
  std::int64_t elements() const;
  bool operator==(const Shape&) const = default;
  std::string to_string() const;  // "[2, 3]"

 private:
  std::array<std::int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

}  // namespace regard
