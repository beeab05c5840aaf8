#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "regard/base/random.h"
#include "regard/models/model.h"

// Training of corrections of low rank in the place of weights (LoRA; Hu et al. 2021), and writing them as
// PEFT does. adapter.h reads them.

namespace regard::models {

struct LowRankOptions {
  std::int64_t rank = 8;         // PEFT's r
  double alpha = 16;             // a correction is multiplied by alpha / rank
  double dropout = 0;            // of what goes into it, in training
  bool rank_stabilized = false;  // by alpha / sqrt(rank) instead (Kalajdzievski 2023)
  // Linear layers by their names or the last parts of them ("query", "attention.output.dense"), or
  // "all-linear": those in blocks. Empty: the projections of queries and values, fused ones whole.
  std::vector<std::string> targets;
};

struct LowRankPlan {
  LowRankOptions options;
  // Weights that are trained as they are, by name: those of a head. Empty: none.
  std::function<bool(const std::string& parameter)> whole;
  RandomKey key;               // the first factors are drawn from it; the second are zeros, as PEFT has them
  std::filesystem::path base;  // the model's folder, for who loads the adapter
  std::string task_type;       // PEFT's, e.g. SEQ_CLS; empty: none
};

// A model whose weights stay while corrections of some of them are trained.
class LowRankAdapter {
 public:
  // Freezes the model and adds what is trained. The model outlives it and has no corrections yet. UsageError:
  // a target that names no linear layer.
  LowRankAdapter(Model& model, LowRankPlan plan);

  // config.json, adapter_config.json and adapter_model.safetensors into the folder, which is made.
  void save(const std::filesystem::path& directory) const;

 private:
  std::vector<std::string> target_names() const;  // as short as tells them apart from all else
  std::vector<std::string> whole_modules() const;

  Model& model_;
  LowRankPlan plan_;
  std::vector<std::string> corrected_, whole_;  // modules, parameters
  bool transposed_ = false;
};

}  // namespace regard::models
