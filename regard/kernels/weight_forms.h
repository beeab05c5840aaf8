#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "regard/kernels/matmul.h"

namespace regard::kernels {

// The arranged forms of one weight [out,in] (packed, transposed and packed), each made when first asked for
// and kept until the weight's version changes: an optimizer's update or a load never leaves a stale copy.
// Thread-safe.
class WeightForms {
 public:
  enum class Form : std::uint8_t {
    forward,
    backward
  };  // B = W^T [in,out] for y = x W^T; B = W [out,in] for dx = dy W

  // The panels of `weight` [out,in] at `version`. They live as long as the pointer is held.
  std::shared_ptr<const PackedMatrix> packed(const Context& context, const Tensor& weight, Form form);
  void invalidate();  // the weight was written: its version grows

 private:
  struct Key {
    Form form;
    Level level;
    DType dtype;
    auto operator<=>(const Key&) const = default;
  };
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const PackedMatrix>> forms_;
};

}  // namespace regard::kernels
