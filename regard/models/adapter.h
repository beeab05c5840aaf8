#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "regard/models/checkpoint.h"
#include "regard/models/model.h"

// Adapters in the form of PEFT (adapter_config.json and adapter_model.safetensors): corrections of low rank
// (Hu et al. 2021), W + scale B A, and modules that were trained whole. low_rank.h makes them.

namespace regard::models {

inline constexpr const char* adapter_config_file = "adapter_config.json";
inline constexpr const char* adapter_weights_file = "adapter_model.safetensors";
inline constexpr std::string_view adapter_prefix = "base_model.model.";  // before the names of its tensors

// Whether a directory holds an adapter in the place of a model's own weights.
bool is_adapter(const std::filesystem::path& directory);

// The model that an adapter says it was trained on (base_model_name_or_path), from here or from the adapter's
// folder. InputError where there is none.
std::filesystem::path base_of(const std::filesystem::path& adapter);

// The weights of a checkpoint with those of an adapter added to them or in their place. Names are found with
// or without `prefix`, the base model's.
class AdaptedWeights final : public nn::WeightSource {
 public:
  struct Scale {
    double scale = 1;
    bool transposed = false;  // weights lie [in,out]
    std::int64_t rank = 1;
  };
  // InputError names file and key or tensor of what is not supported (another kind of adapter, trained
  // biases, ranks by pattern) or lacks its other half.
  AdaptedWeights(std::unique_ptr<nn::WeightSource> base, const std::filesystem::path& adapter,
                 std::string prefix);

  Tensor get(const std::string& name, const Shape& shape, const nn::Init& init) override;
  std::optional<nn::QuantizedWeight> quantized(const std::string& name, const Shape& shape) override;
  std::optional<bool> holds(const std::string& name) const override;
  bool tie(const std::string& name, const std::string& other) override { return base_->tie(name, other); }
  DType stored_as(const std::string& name) const override { return base_->stored_as(name); }

  // InputError names a tensor of the adapter that no weight has asked for.
  void require_all_read() const;

 private:
  // What a tensor is called in the adapter's file; empty where it is not there.
  std::string in_file(const std::string& name) const;
  std::string correction_of(const std::string& name) const;  // its lora_A
  Tensor corrected(const Tensor& weight, const std::string& down_name);

  std::unique_ptr<nn::WeightSource> base_;
  Weights stored_;
  std::string prefix_;
  Scale how_;
  std::map<std::string, std::string> names_;  // without what PEFT puts around them -> in the file
  std::set<std::string> read_;                // of those in the file
};

// Where the weights of a model's directory come from: its own files, or an adapter's over those of its base.
struct StoredWeights {
  std::unique_ptr<nn::WeightSource> source;
  const AdaptedWeights* adapter = nullptr;  // the source, where it is one
};
StoredWeights stored_weights(const std::filesystem::path& directory, const JsonField& config);

// config.json of a directory; of an adapter that has none its base's.
Json config_in(const std::filesystem::path& directory);

// config.json of a checkpoint with the head of an adapter: that of a config.json beside the adapter, or,
// where PEFT left none, of its task, with as many labels as the adapter's tensors have rows.
Json adapted_config(const std::filesystem::path& base, const std::filesystem::path& adapter);

// The model of a checkpoint with an adapter's weights, whatever base the adapter names, and the head of
// adapted_config. InputError for what AdaptedWeights refuses, and for what is missing or of another shape.
std::unique_ptr<Model> load_with_adapter(const std::filesystem::path& base,
                                         const std::filesystem::path& adapter);

}  // namespace regard::models
