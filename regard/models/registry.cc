#include "regard/models/registry.h"

#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/kernels/matmul.h"
#include "regard/kernels/quantize.h"
#include "regard/models/adapter.h"
#include "regard/models/causal_encoder.h"
#include "regard/models/decoder_only_families.h"
#include "regard/models/encoder_decoder_families.h"
#include "regard/models/family.h"
#include "regard/models/quantization.h"
#include "regard/models/text_encoder_families.h"
#include "regard/tensor/shards.h"

namespace regard::models {
namespace {

// Goes over the tables of all kinds until `see` says true; row types differ, so `see` is generic.
template <class See>
void each_family(const See& see) {
  const auto in = [&](const auto& table) {
    for (const auto& row : table)
      if (see(row)) return true;
    return false;
  };
  (void)(in(encoder_decoder_families()) || in(decoder_only_families()) || in(text_encoder_families()));
}

}  // namespace

const Family* family_named(std::string_view type) {
  const Family* found = nullptr;
  each_family([&](const Family& f) { return f.type == type && (found = &f) != nullptr; });
  return found;
}

const Family& family_of(const JsonField& config) {
  const JsonField type = config.at("model_type");
  if (const Family* family = family_named(type.text())) return *family;
  std::vector<std::string_view> known;
  each_family([&](const Family& f) { return known.push_back(f.type), false; });
  type.refuse(fmt::format("a supported family: {}", fmt::join(known, ", ")));
}

std::unique_ptr<Model> make(const Json& json, const std::string& file, nn::WeightSource& weights) {
  const JsonField config(json, file);
  const std::string_view type = family_of(config).type;
  (void)read_quantization(config);  // refuses what is not supported
  std::unique_ptr<Model> model;
  each_family([&](const auto& row) {
    if (row.type == type) model = row.make(config, weights);
    return model != nullptr;
  });
  return model;
}

namespace {

// Whether a model reads all that an adapter brings: one without its head does not.
enum class Adapter : std::uint8_t { whole, below_head };

// The weights that lie in a directory, in a model of that configuration.
std::unique_ptr<Model> from_files(const std::filesystem::path& directory, const Json& config,
                                  Adapter adapter = Adapter::whole) {
  const std::string file = (directory / "config.json").string();
  StoredWeights weights = stored_weights(directory, JsonField(config, file));
  auto model = make(config, file, *weights.source);
  if (weights.adapter != nullptr && adapter == Adapter::whole) weights.adapter->require_all_read();
  return model;
}

}  // namespace

std::unique_ptr<Model> load(const std::filesystem::path& directory) {
  return from_files(directory, config_in(directory));
}

std::unique_ptr<Model> load_base(const std::filesystem::path& directory) {
  const auto file = directory / "config.json";
  Json config = config_in(directory);
  config["architectures"] = Json::array({family_of(JsonField(config, file.string())).architecture});
  return from_files(directory, config, Adapter::below_head);
}

std::unique_ptr<TextEncoder> load_encoder(const std::filesystem::path& directory) {
  const auto file = directory / "config.json";
  Json config = config_in(directory);
  const Family& family = family_of(JsonField(config, file.string()));
  std::string name(family.architecture);
  if (const EncoderDecoderFamily* stacks = encoder_decoder_family(family.type);
      stacks != nullptr && !stacks->classes.encoder.empty())
    name = stacks->classes.encoder;
  for (const std::string_view ending : {"ForCausalLM", "LMHeadModel"})
    if (name.ends_with(ending)) name.replace(name.size() - ending.size(), ending.size(), "Model");
  config["architectures"] = Json::array({name});
  auto model = from_files(directory, config, Adapter::below_head);
  if (model->kind() != CausalModel::kind_name)
    return as_kind<TextEncoder>(std::move(model), directory.string());
  std::unique_ptr<DecoderOnly> stack(static_cast<DecoderOnly*>(model.release()));
  return std::make_unique<CausalEncoder>(std::move(stack), EncoderHeadConfig{}, "");
}

std::unique_ptr<Model> load(const std::filesystem::path& directory, const Json& config) {
  auto model = from_files(directory, config);
  for (Parameter* p : model->parameters().all()) {
    if (p->quantized())
      throw InputError(
          fmt::format("{}: {}: found weights in 8 bits, which are not trained; expected the model "
                      "that they were made of",
                      directory.string(), p->name()));
    p->set(p->value().clone());
  }
  return model;
}

std::unique_ptr<Model> create(const Json& config, RandomKey key, const std::string& file) {
  nn::RandomWeights weights(key);
  return make(config, file, weights);
}

namespace {

// The configuration says in which type transformers is to load the weights.
Json with_dtype(Json config, std::optional<DType> type) {
  if (!type) return config;
  const char* name = *type == DType::f32    ? "float32"
                     : *type == DType::bf16 ? "bfloat16"
                     : *type == DType::f16  ? "float16"
                                            : "float64";
  for (const char* key : {"dtype", "torch_dtype"})
    if (config.contains(key) && !config[key].is_null()) config[key] = name;
  return config;
}

void add_quantized(std::vector<StoredTensor>& tensors, const std::string& name,
                   const nn::QuantizedWeight& weight) {
  tensors.push_back({{name, weight.numbers}, DType::i8});
  tensors.push_back({{name + "_scale", weight.scales.reshape({weight.scales.elements(), 1})}, DType::f32});
}

}  // namespace

QuantizedParts save_quantized(const Model& model, const std::filesystem::path& directory,
                              const kernels::Context& context) {
  std::vector<StoredTensor> tensors;
  for (const NamedTensor& table : model.stored_tables()) tensors.push_back({table, DType::f32});
  std::vector<std::string> modules;
  QuantizedParts parts;
  for (const Parameter* p : model.parameters().all()) {
    if (p->quantized()) return parts;
    constexpr std::string_view suffix = ".weight";
    const bool in_8_bits = model.parameters().in_product(*p) && in_block(p->name()) &&
                           p->name().ends_with(suffix) && p->shape()[1] <= kernels::most_int8_products;
    if (!in_8_bits) {
      tensors.push_back({{p->name(), p->value()}, model.parameters().type_of(*p)});
      parts.others.push_back(p->name());
      continue;
    }
    nn::QuantizedWeight weight{Tensor::empty(p->shape(), DType::i8),
                               Tensor::empty({p->shape()[0]}, DType::f32)};
    kernels::quantize_rows(context, p->value().view(),
                           {weight.numbers.mutable_view(), weight.scales.mutable_view()});
    add_quantized(tensors, p->name(), weight);
    modules.push_back(p->name().substr(0, p->name().size() - suffix.size()));
    parts.quantized.push_back(p->name());
  }
  if (modules.empty()) return parts;
  Json config = model.config();
  config["quantization_config"] = quantization_config(modules);
  std::filesystem::create_directories(directory);
  write_atomically(directory / "config.json", to_pretty(config));
  write_weights(directory, tensors, SaveOptions().max_shard_bytes);
  return parts;
}

void save(const Model& model, const std::filesystem::path& directory) {
  save(model, directory, {.dtype = DType::f32});
}

void save(const Model& model, const std::filesystem::path& directory, const SaveOptions& options) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure)
    throw Error(fmt::format("{}: cannot make the directory: {}", directory.string(), failure.message()));
  write_atomically(directory / "config.json", to_pretty(with_dtype(model.config(), options.dtype)));
  std::vector<StoredTensor> tensors;
  for (const NamedTensor& table : model.stored_tables()) tensors.push_back({table, options.dtype});
  for (const Parameter* p : model.parameters().all()) {
    if (p->quantized()) {
      add_quantized(tensors, p->name(), {p->value(), p->scales()});
      continue;
    }
    tensors.push_back({{p->name(), p->value()}, options.dtype.value_or(model.parameters().type_of(*p))});
  }
  write_weights(directory, tensors, options.max_shard_bytes);
}

void refuse_kind(const Model& model, std::string_view expected, const std::string& place) {
  throw InputError(fmt::format("{}: found {} (model_type {}), expected {}", place, model.kind(),
                               model.config().value("model_type", ""), expected));
}

}  // namespace regard::models
