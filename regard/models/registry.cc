#include "regard/models/registry.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/checkpoint.h"
#include "regard/models/family.h"
#include "regard/models/marian.h"
#include "regard/models/native.h"
#include "regard/models/pegasus.h"

namespace regard::models {
namespace {

constexpr std::array families{Family{"marian", "MarianMTModel", "model.", marian_config, bart_names},
                              Family{"pegasus", "PegasusForConditionalGeneration", "model.", pegasus_config,
                                     bart_names, PositionTables::stored},
                              Family{"regard", "RegardEncoderDecoder", "model.", native_config, bart_names}};

std::vector<NamedTensor> fixed_tables(const Json& json) {
  const JsonField config(json, "config");
  const Family& family = family_of(config);
  if (family.positions == PositionTables::computed) return {};
  const EncoderDecoderConfig c = family.read(config);
  const Tensor table =
      sinusoidal_positions(c.max_positions, c.width, SinusoidalForm::half_split).to(DType::f32);
  const EncoderDecoderNames& names = family.names();
  return {{names.encoder.positions.table, table}, {names.decoder.positions.table, table}};
}

}  // namespace

const Family* family_named(std::string_view type) {
  for (const Family& f : families)
    if (f.type == type) return &f;
  return nullptr;
}

const Family& family_of(const JsonField& config) {
  const JsonField type = config.at("model_type");
  if (const Family* family = family_named(type.text())) return *family;
  std::vector<std::string_view> known;
  for (const Family& f : families) known.push_back(f.type);
  type.refuse(fmt::format("a supported family: {}", fmt::join(known, ", ")));
}

std::unique_ptr<SequenceToSequence> make(const Json& json, const std::string& file,
                                         nn::WeightSource& weights) {
  const JsonField config(json, file);
  const Family& family = family_of(config);
  return std::make_unique<EncoderDecoder>(json, family.read(config), family.names(), weights);
}

std::unique_ptr<SequenceToSequence> load(const std::filesystem::path& directory) {
  const auto file = directory / "config.json";
  const Json config = read_json(file);
  CheckpointWeights weights(directory, std::string(family_of(JsonField(config, file.string())).prefix));
  return make(config, file.string(), weights);
}

std::unique_ptr<SequenceToSequence> create(const Json& config, RandomKey key, const std::string& file) {
  nn::RandomWeights weights(key);
  return make(config, file, weights);
}

void save(const SequenceToSequence& model, const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure)
    throw Error(fmt::format("{}: cannot make the directory: {}", directory.string(), failure.message()));
  write_atomically(directory / "config.json", to_pretty(model.config()));
  save_weights(model.parameters(), directory / "model.safetensors", fixed_tables(model.config()));
}

}  // namespace regard::models
