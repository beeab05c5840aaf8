#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/temporary_folder.h"
#include "regard/base/error.h"
#include "regard/tensor/safetensors.h"

// A hostile model.safetensors.index.json beside one sound shard.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace regard;
  static const bool shard = [] {
    const std::vector<NamedTensor> tensors{{"a", Tensor::full({2, 3}, DType::f32, 1)}};
    write_safetensors(fuzz::folder() / "model-00001-of-00001.safetensors", tensors);
    return true;
  }();
  (void)shard;
  try {
    fuzz::write("model.safetensors.index.json", {reinterpret_cast<const char*>(data), size});
    const Weights weights = Weights::open(fuzz::folder());
    for (const std::string& name : weights.names()) (void)weights.tensor(name);
  } catch (const Error&) {
  }
  return 0;
}
