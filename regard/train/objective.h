#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/autograd/var.h"
#include "regard/base/json.h"
#include "regard/nn/parameters.h"

namespace regard::train {

// The loss of one batch as a sum over its tokens (or examples: Objective::unit), so that batches can be added
// before they are divided.
struct BatchLoss {
  Var sum;               // what is differentiated; scalar
  double plain_sum = 0;  // without label smoothing, nats
  std::int64_t tokens = 0;
};

struct Validation {
  double loss = 0;                   // nats a token (or example), unsmoothed
  Json scores = Json::object();      // other measures, e.g. {"bleu": 31.2}
  std::vector<std::string> samples;  // lines to show
};

// What a loop trains: a model, its data, and how the one is judged by the other. One thread calls it.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual nn::Parameters& parameters() = 0;
  // What the loss is a mean over: "token" or "example".
  virtual std::string_view unit() const { return "token"; }

  // Plans an epoch (numbered from 0) as a function of its number alone; gives how many batches it has.
  virtual std::int64_t begin_epoch(std::int64_t epoch) = 0;
  // The loss of a batch of the epoch begun last.
  virtual BatchLoss loss(Step& step, std::int64_t batch) = 0;

  virtual bool validates() const = 0;  // whether there are data for it
  // `stop` is asked often; Interrupted where it says so.
  virtual Validation validate(const std::function<bool()>& stop) = 0;

  // The model's own files (config.json, model.safetensors) into a folder, as training goes on from them.
  virtual void save(const std::filesystem::path& directory) const = 0;
  // The finished model's files, as those who use it want them.
  virtual void publish(const std::filesystem::path& directory) const { save(directory); }
};

}  // namespace regard::train
