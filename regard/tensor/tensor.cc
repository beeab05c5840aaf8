#include "regard/tensor/tensor.h"

#include <fmt/format.h>

#include <cassert>
#include <cstring>

#include "regard/base/error.h"

namespace regard {

struct Tensor::Storage {
  Device device = Device::cpu();
  void* block = nullptr;  // ours, or null when borrowed
  std::size_t bytes = 0;
  std::shared_ptr<const void> owner;

  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  ~Storage() { device.release(block, bytes); }
};

namespace {

template <class T>
double widen(T x) {
  if constexpr (std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>)
    return static_cast<double>(static_cast<float>(x));
  else
    return static_cast<double>(x);
}
template <class T>
T narrow(double x) {
  if constexpr (std::is_same_v<T, BFloat16> || std::is_same_v<T, Float16>)
    return T(static_cast<float>(x));
  else
    return static_cast<T>(x);
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(shape.elements()), size_of(dtype), &bytes))
    throw OutOfMemory(SIZE_MAX);
  Tensor t;
  t.storage_ = std::make_shared<Storage>();
  t.storage_->device = device;
  t.storage_->block = device.allocate(bytes);
  t.storage_->bytes = bytes;
  t.data_ = t.storage_->block;
  t.dtype_ = dtype;
  t.shape_ = shape;
  return t;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) {
  Tensor t = empty(shape, dtype, device);
  std::memset(t.data_, 0, t.bytes());  // zero is all bits zero in every type
  return t;
}

Tensor Tensor::full(const Shape& shape, DType dtype, double value) {
  Tensor t = empty(shape, dtype);
  visit(dtype, [&](auto tag) {
    using T = decltype(tag);
    std::fill_n(static_cast<T*>(t.data_), t.elements(), narrow<T>(value));
  });
  return t;
}

template <class T>
Tensor Tensor::from(const Shape& shape, std::span<const T> values) {
  if (static_cast<std::int64_t>(values.size()) != shape.elements())
    throw UsageError(fmt::format("tensor: found {} values, expected {} for shape {}", values.size(),
                                 shape.elements(), shape.to_string()));
  Tensor t = empty(shape, dtype_of<T>());
  std::copy(values.begin(), values.end(), static_cast<T*>(t.data_));
  return t;
}
template Tensor Tensor::from(const Shape&, std::span<const double>);
template Tensor Tensor::from(const Shape&, std::span<const float>);
template Tensor Tensor::from(const Shape&, std::span<const BFloat16>);
template Tensor Tensor::from(const Shape&, std::span<const Float16>);
template Tensor Tensor::from(const Shape&, std::span<const std::int64_t>);
template Tensor Tensor::from(const Shape&, std::span<const std::int32_t>);
template Tensor Tensor::from(const Shape&, std::span<const std::uint8_t>);
template Tensor Tensor::from(const Shape&, std::span<const std::int8_t>);

Tensor Tensor::borrow(std::shared_ptr<const void> owner, const ConstView& elements) {
  assert(owner != nullptr && elements.contiguous());
  assert(reinterpret_cast<std::uintptr_t>(elements.data) % size_of(elements.dtype) == 0);
  Tensor t;
  t.storage_ = std::make_shared<Storage>();
  t.storage_->owner = std::move(owner);
  t.data_ = const_cast<void*>(elements.data);  // unique() says no, so nobody writes
  t.dtype_ = elements.dtype;
  t.shape_ = elements.shape;
  return t;
}

Device Tensor::device() const { return storage_ ? storage_->device : Device::cpu(); }
ConstView Tensor::view() const { return storage_ ? ConstView(data_, dtype_, shape_) : ConstView(); }

View Tensor::mutable_view() {
  assert(storage_ == nullptr || storage_->block != nullptr);
  return storage_ ? View(data_, dtype_, shape_) : View();
}

bool Tensor::unique() const { return storage_.use_count() == 1 && storage_->block != nullptr; }

Tensor Tensor::reshape(const Shape& shape) const {
  assert(shape.elements() == elements());
  Tensor t = *this;
  t.shape_ = shape;
  return t;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  assert(rank() >= 1 && 0 <= begin && begin <= end && end <= shape_[0]);
  Tensor t = *this;
  const auto row = shape_[0] == 0 ? std::size_t{0} : bytes() / static_cast<std::size_t>(shape_[0]);
  t.data_ = static_cast<std::byte*>(data_) + row * static_cast<std::size_t>(begin);
  t.shape_.set(0, end - begin);
  return t;
}

Tensor Tensor::clone() const {
  if (!storage_) return {};
  Tensor t = empty(shape_, dtype_, device());
  std::memcpy(t.data_, data_, bytes());
  return t;
}

Tensor Tensor::to(DType dtype) const {
  if (!storage_ || dtype == dtype_) return *this;
  Tensor t = empty(shape_, dtype, device());
  visit(dtype_, [&](auto from) {
    visit(dtype, [&](auto into) {
      using From = decltype(from);
      using Into = decltype(into);
      const From* x = static_cast<const From*>(data_);
      Into* y = static_cast<Into*>(t.data_);
      for (std::int64_t i = 0, n = elements(); i < n; ++i) {
        if constexpr (std::is_integral_v<From> && std::is_integral_v<Into>)
          y[i] = static_cast<Into>(x[i]);
        else
          y[i] = narrow<Into>(widen(x[i]));
      }
    });
  });
  return t;
}

template <class T>
std::span<const T> Tensor::host() const {
  assert(!storage_ || dtype_of<T>() == dtype_);
  assert(!storage_ || storage_->device.host_readable());
  return {static_cast<const T*>(data_), static_cast<std::size_t>(storage_ ? elements() : 0)};
}
template std::span<const double> Tensor::host() const;
template std::span<const float> Tensor::host() const;
template std::span<const BFloat16> Tensor::host() const;
template std::span<const Float16> Tensor::host() const;
template std::span<const std::int64_t> Tensor::host() const;
template std::span<const std::int32_t> Tensor::host() const;
template std::span<const std::uint8_t> Tensor::host() const;
template std::span<const std::int8_t> Tensor::host() const;
template std::span<const bool> Tensor::host() const;

std::vector<double> Tensor::to_doubles() const {
  const Tensor t = to(DType::f64);
  const auto values = t.host<double>();
  return {values.begin(), values.end()};
}

double Tensor::item() const {
  assert(elements() == 1);
  return to_doubles()[0];
}

}  // namespace regard
