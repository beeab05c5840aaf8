#include "regard/tasks/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/registry.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

std::uint64_t bytes_of_weights(const fs::path& directory) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".safetensors") sum += fs::file_size(entry.path());
  return sum;
}

// A tokenizer's files, settings of generation and pooling. What a training run left beside its model stays
// there.
bool goes_along(const fs::path& file) {
  constexpr std::array kinds{".json", ".txt", ".model", ".spm", ".jinja"};
  constexpr std::array written{"config.json", "model.safetensors.index.json", "regard.json"};
  const std::string name = file.filename().string(), kind = file.extension().string();
  return fs::is_regular_file(file) && std::find(kinds.begin(), kinds.end(), kind) != kinds.end() &&
         std::find(written.begin(), written.end(), name) == written.end();
}

void bring(const fs::path& file, const fs::path& to) {
  fs::create_directories(to.parent_path());
  write_atomically(to, read_text(file));
}

void copy_beside(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::directory_iterator(from))
    if (goes_along(entry.path())) bring(entry.path(), to / entry.path().filename());
  if (!fs::exists(from / "modules.json")) return;
  // Of sentence-transformers: 1_Pooling/config.json and the like.
  for (const auto& entry : fs::directory_iterator(from))
    if (entry.is_directory() && fs::exists(entry.path() / "config.json") &&
        !fs::exists(entry.path() / "model.safetensors"))
      bring(entry.path() / "config.json", to / entry.path().filename() / "config.json");
}

}  // namespace

QuantizeResult quantize(const fs::path& from, const fs::path& to, const kernels::Context& context) {
  if (fs::exists(to / "config.json"))
    throw UsageError(fmt::format("{}: found a model there, expected a folder without one", to.string()));
  const auto model = models::load(from);
  const models::QuantizedParts parts = models::save_quantized(*model, to, context);
  if (parts.quantized.empty())
    throw InputError(fmt::format(
        "{}: found {}, expected a model with linear layers [out,in] in its blocks, in f32, f16 or bf16 "
        "(--dtype int8 computes with any model so)",
        from.string(),
        model->config().contains("quantization_config")
            ? std::string("weights that are quantized already")
            : fmt::format("none that compressed-tensors quantizes (model_type {})",
                          model->config().value("model_type", ""))));
  copy_beside(from, to);
  return {parts.quantized, parts.others, bytes_of_weights(from), bytes_of_weights(to)};
}

}  // namespace regard::tasks
