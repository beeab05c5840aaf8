#include "regard/models/registry.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/checkpoint.h"
#include "regard/models/marian.h"

namespace regard::models {
namespace {

using Make = std::unique_ptr<SequenceToSequence> (*)(const Json&, const std::string& file, nn::WeightSource&);

template <class Model>
std::unique_ptr<SequenceToSequence> make(const Json& config, const std::string& file,
                                         nn::WeightSource& weights) {
  return std::make_unique<Model>(config, file, weights);
}

// A family is one row: its `model_type`, the prefix of its base model, its constructor.
struct Family {
  std::string_view type, prefix;
  Make make;
};
constexpr std::array families{Family{"marian", "model.", make<Marian>}};

const Family& family_of(const Json& config, const std::string& file) {
  const JsonField type = JsonField(config, file).at("model_type");
  for (const Family& f : families)
    if (f.type == type.text()) return f;
  std::vector<std::string_view> known;
  for (const Family& f : families) known.push_back(f.type);
  type.refuse(fmt::format("a supported family: {}", fmt::join(known, ", ")));
}

}  // namespace

std::unique_ptr<SequenceToSequence> load(const std::filesystem::path& directory) {
  const auto file = directory / "config.json";
  const Json config = read_json(file);
  const Family& family = family_of(config, file.string());
  CheckpointWeights weights(directory, std::string(family.prefix));
  return family.make(config, file.string(), weights);
}

std::unique_ptr<SequenceToSequence> create(const Json& config, RandomKey key, const std::string& file) {
  nn::RandomWeights weights(key);
  return family_of(config, file).make(config, file, weights);
}

void save(const SequenceToSequence& model, const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure)
    throw Error(fmt::format("{}: cannot make the directory: {}", directory.string(), failure.message()));
  write_atomically(directory / "config.json", to_pretty(model.config()));
  save_weights(model.parameters(), directory / "model.safetensors");
}

}  // namespace regard::models
