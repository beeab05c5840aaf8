#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "regard/models/model.h"
#include "regard/models/text_encoder.h"

namespace regard::models {

// A model from the directory of a Hugging Face checkpoint (config.json, model.safetensors or shards).
// InputError with file, tensor or key where it is missing, damaged, or of an unsupported family or setting.
std::unique_ptr<Model> load(const std::filesystem::path& directory);
// The same with another configuration of the same shape (other dropout, say), for training: the weights are
// copies, so that files may go and optimizers write.
std::unique_ptr<Model> load(const std::filesystem::path& directory, const Json& config);

// The same without its head, whatever its `architectures` says.
std::unique_ptr<Model> load_base(const std::filesystem::path& directory);
// What gives states of a text, without a head: a text encoder, T5's encoder alone, or a decoder's stack.
// InputError where the family has nothing of the kind.
std::unique_ptr<TextEncoder> load_encoder(const std::filesystem::path& directory);

// A new model with drawn weights from the keys of a config.json. `file` names the configuration in errors.
std::unique_ptr<Model> create(const Json& config, RandomKey key, const std::string& file = "config");

// A model of that configuration with weights from elsewhere.
std::unique_ptr<Model> make(const Json& config, const std::string& file, nn::WeightSource& weights);

// The model as one of a kind, e.g. as_kind<SequenceToSequence>(load(directory), directory.string()).
// InputError where it is of another; `place` names it there.
template <class Kind>
std::unique_ptr<Kind> as_kind(std::unique_ptr<Model> model, const std::string& place);

// Both at once.
template <class Kind>
std::unique_ptr<Kind> load_as(const std::filesystem::path& directory) {
  return as_kind<Kind>(load(directory), directory.string());
}

struct SaveOptions {
  // Of floating-point weights. Nothing: each as it came, f32 where it was drawn.
  std::optional<DType> dtype;
  std::uint64_t max_shard_bytes = 5'000'000'000;  // larger ones: regard/tensor/shards.h
};
// Writes config.json and the weights (each file atomically) in the form of the model's own family; makes the
// directory. What was loaded and not changed is written as it was: the same names, shapes and bytes.
void save(const Model& model, const std::filesystem::path& directory, const SaveOptions& options);
// All weights as f32, in which they are computed with and trained: nothing is lost.
void save(const Model& model, const std::filesystem::path& directory);

// The model with the weights of the linear layers in its blocks as whole numbers of 8 bits
// (models/quantization.h); embeddings, norms, biases and heads as they came. Which were written how; where
// `quantized` is empty nothing was written: the model has no such layers, or is quantized already.
struct QuantizedParts {
  std::vector<std::string> quantized, others;
};
QuantizedParts save_quantized(const Model& model, const std::filesystem::path& directory,
                              const kernels::Context& context);

[[noreturn]] void refuse_kind(const Model& model, std::string_view expected, const std::string& place);

template <class Kind>
std::unique_ptr<Kind> as_kind(std::unique_ptr<Model> model, const std::string& place) {
  if (model->kind() != Kind::kind_name) refuse_kind(*model, Kind::kind_name, place);
  return std::unique_ptr<Kind>(static_cast<Kind*>(model.release()));
}

}  // namespace regard::models
