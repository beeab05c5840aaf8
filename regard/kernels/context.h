#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "regard/base/parallel.h"
#include "regard/tensor/device.h"

namespace regard::kernels {

// Instruction-set levels in order of preference from the left; a kernel takes the best row of its table that
// is not above the context's level. `reference` is the specification: plain loops that add in double.
enum class Level : std::uint8_t { reference, plain, avx2, avx512, amx };

Level best_level();                     // what this processor and system allow
std::string_view name_of(Level level);  // as in REGARD_ISA
std::optional<Level> level_named(std::string_view name);

// What every kernel is given beside its operands: threads to run on, where scratch memory comes from, and the
// level. Borrowed; belongs to the step.
struct Context {
  const ThreadPool* threads = nullptr;
  Level level = Level::reference;
  Device device = Device::cpu();
};

// Scratch memory for one kernel call, from the device's cache; elements unspecified.
template <class T>
class Scratch {
 public:
  Scratch(const Context& context, std::int64_t count)
      : device_(context.device),
        bytes_(static_cast<std::size_t>(count) * sizeof(T)),
        data_(static_cast<T*>(device_.allocate(bytes_))) {}
  ~Scratch() { device_.release(data_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() { return data_; }
  T& operator[](std::int64_t i) { return data_[i]; }

 private:
  Device device_;
  std::size_t bytes_;
  T* data_;
};

}  // namespace regard::kernels
