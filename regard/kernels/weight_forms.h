#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "regard/kernels/matmul.h"

namespace regard::kernels {

// A weight as it is stored: numbers of any floating type; or i8 with a scale for each output channel.
struct StoredWeight {
  const Tensor& values;  // [out,in]
  const Tensor& scales;  // f32 [out]; empty where the values are what they are
};

// The arranged forms of one weight [out,in] (packed, transposed and packed, of fewer bits), each made when
// first asked for and kept until the weight's version changes: an optimizer's update or a load never leaves a
// stale copy. Thread-safe.
class WeightForms {
 public:
  enum class Form : std::uint8_t {
    forward,
    backward
  };  // B = W^T [in,out] for y = x W^T; B = W [out,in] for dx = dy W

  // The panels of `weight` in a format. They live as long as the pointer is held. Of a weight that is stored
  // as i8 there is only the forward form in int8.
  std::shared_ptr<const PackedMatrix> packed(const Context& context, const StoredWeight& weight, Form form,
                                             WeightFormat format);
  void invalidate();  // the weight was written: its version grows

 private:
  struct Key {
    Form form;
    WeightFormat format;
    Level level;
    DType dtype;
    auto operator<=>(const Key&) const = default;
  };
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const PackedMatrix>> forms_;
};

}  // namespace regard::kernels
