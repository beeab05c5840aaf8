#pragma once

#include <cassert>
#include <type_traits>

#include "regard/tensor/dtype.h"
#include "regard/tensor/shape.h"

namespace regard {

// Elements that lie somewhere in memory, borrowed: what kernels read and write. Strides are in elements and
// any, so that transposing, splitting and merging heads cost nothing. A default view is empty and stands for
// an absent operand.
template <class Void>
struct BasicView {
  Void* data = nullptr;
  DType dtype = DType::f32;
  Shape shape;
  Shape strides;

  BasicView() = default;
  BasicView(Void* data, DType dtype, const Shape& shape, const Shape& strides)
      : data(data), dtype(dtype), shape(shape), strides(strides) {}
  BasicView(Void* data, DType dtype, const Shape& shape) : BasicView(data, dtype, shape, row_major(shape)) {}
  template <class Other>  // a view that may write is also one that may read
  requires(std::is_const_v<Void> && !std::is_const_v<Other>) BasicView(const BasicView<Other>& o)
      : BasicView(o.data, o.dtype, o.shape, o.strides) {}  // NOLINT

  explicit operator bool() const { return data != nullptr; }
  std::int64_t size(int axis) const { return shape[axis]; }
  std::int64_t stride(int axis) const { return strides[axis]; }
  std::int64_t elements() const { return shape.elements(); }

  // The first element. T must be the stored type.
  template <class T>
  auto as() const {
    assert(dtype_of<std::remove_const_t<T>>() == dtype);
    using Element = std::conditional_t<std::is_const_v<Void>, const T, T>;
    return static_cast<Element*>(data);
  }

  bool contiguous() const {
    std::int64_t expected = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
      if (shape[i] != 1 && strides[i] != expected) return false;
      expected *= shape[i];
    }
    return true;
  }

  // The same elements with the last two axes exchanged.
  BasicView transposed() const {
    BasicView v = *this;
    v.shape.set(-1, shape[-2]);
    v.shape.set(-2, shape[-1]);
    v.strides.set(-1, strides[-2]);
    v.strides.set(-2, strides[-1]);
    return v;
  }

  // Elements begin .. end - 1 of an axis.
  BasicView slice(int axis, std::int64_t begin, std::int64_t end) const {
    assert(0 <= begin && begin <= end && end <= shape[axis]);
    BasicView v = *this;
    v.shape.set(axis, end - begin);
    using Byte = std::conditional_t<std::is_const_v<Void>, const std::byte, std::byte>;
    if (data != nullptr)
      v.data = static_cast<Byte*>(data) + begin * strides[axis] * static_cast<std::int64_t>(size_of(dtype));
    return v;
  }

  // The same elements in another shape; only where they are contiguous.
  BasicView reshaped(const Shape& to) const {
    assert(contiguous() && to.elements() == elements());
    return BasicView(data, dtype, to);
  }

  static Shape row_major(const Shape& shape) {
    Shape strides = shape;
    std::int64_t step = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
      strides.set(i, step);
      step *= shape[i];
    }
    return strides;
  }
};

using View = BasicView<void>;
using ConstView = BasicView<const void>;

}  // namespace regard
