#include <cstddef>
#include <cstdint>
#include <string_view>

#include "regard/base/error.h"
#include "regard/models/registry.h"

// A hostile config.json: it is refused, or a model of that shape is built as far as its weights are small.

namespace {

class SmallWeights final : public regard::nn::WeightSource {
 public:
  regard::Tensor get(const std::string& name, const regard::Shape& shape, const regard::nn::Init&) override {
    std::int64_t elements = 1;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (__builtin_mul_overflow(elements, shape[axis], &elements)) elements = INT64_MAX;
    if (elements > (1 << 14)) throw regard::InputError(name + ": not in the file");
    if (++count_ > 2000) throw regard::InputError(name + ": not in the file");
    return regard::Tensor::zeros(shape, regard::DType::f32);
  }

 private:
  int count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace regard;
  try {
    const Json config = parse_json({reinterpret_cast<const char*>(data), size}, "config.json");
    SmallWeights weights;
    (void)models::make(config, "config.json", weights);
  } catch (const Error&) {
  }
  return 0;
}
