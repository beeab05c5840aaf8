#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "regard/tensor/device.h"
#include "regard/tensor/view.h"

namespace regard {

// An array of elements, row-major and contiguous: a handle. Copying shares the elements, clone() copies them.
// Only kernels write, and only into storage just allocated for them (an optimizer's update of parameters
// excepted), so a tensor that is shared does not change under its readers. A default tensor is empty: the
// absent value.
class Tensor {
 public:
  Tensor() = default;
  static Tensor empty(const Shape& shape, DType dtype,
                      Device device = Device::cpu());  // elements unspecified
  static Tensor zeros(const Shape& shape, DType dtype, Device device = Device::cpu());
  static Tensor full(const Shape& shape, DType dtype, double value);
  template <class T>
  static Tensor from(const Shape& shape, std::span<const T> values);  // copies; sizes must agree
  template <class T>
  static Tensor from(const Shape& shape, const std::vector<T>& values) {
    return from<T>(shape, std::span<const T>(values));
  }
  // Borrows memory (a mapped file) that `owner` keeps alive; it must be aligned for the type and never be
  // written.
  static Tensor borrow(std::shared_ptr<const void> owner, const ConstView& elements);

  explicit operator bool() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  std::int64_t size(int axis) const { return shape_[axis]; }
  int rank() const { return shape_.rank(); }
  DType dtype() const { return dtype_; }
  Device device() const;
  std::int64_t elements() const { return shape_.elements(); }
  std::size_t bytes() const { return static_cast<std::size_t>(elements()) * size_of(dtype_); }

  ConstView view() const;
  View mutable_view();  // for kernels; the storage must be the writer's own
  bool unique() const;  // no other handle shares the elements, and they may be written
  const void* identity() const { return data_; }

  Tensor reshape(const Shape& shape) const;                 // shares; the number of elements must agree
  Tensor rows(std::int64_t begin, std::int64_t end) const;  // shares; elements begin .. end - 1 of axis 0
  Tensor clone() const;
  Tensor to(DType dtype) const;  // converted (rounded to nearest); itself if equal

  // Reading on the host, by name, because a device's memory may not be readable.
  template <class T>
  std::span<const T> host() const;  // T must be the stored type
  std::vector<double> to_doubles() const;
  double item() const;  // the only element

 private:
  struct Storage;
  std::shared_ptr<Storage> storage_;
  void* data_ = nullptr;
  DType dtype_ = DType::f32;
  Shape shape_;
};

}  // namespace regard
