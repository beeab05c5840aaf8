#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "regard/models/new_head.h"
#include "regard/tasks/text_encoder_examples.h"
#include "regard/tasks/train_tokenizer.h"
#include "regard/train/objective.h"

// What one task on labeled text (classes of texts, tags of tokens, spans) says of itself; all else of
// training a text encoder for it is train_text_encoder's.

namespace regard::tasks {

// Judges a model by the validation examples, which it sees in batches, each once.
class EncoderJudge {
 public:
  virtual ~EncoderJudge() = default;
  // logits f32: [B,L] of a head for sequences, [N,L] of others; or what the goal makes in their place.
  virtual void see(const EncoderBatch& batch, const Tensor& logits) = 0;
  virtual Json scores() const = 0;                                 // by name, in percent: {"accuracy": 81.2}
  virtual std::vector<std::string> samples() const { return {}; }  // lines to show
  // What the finished model's judge leaves beside it, e.g. a temperature.
  virtual void publish(const std::filesystem::path& /*directory*/, const Log& /*log*/) const {}
};

class EncoderGoal {
 public:
  enum class Set : std::uint8_t { train, valid };
  struct Sets {
    std::vector<EncoderExample> train, valid;  // valid may be empty: nothing is validated
  };
  struct Encoding {
    const Tokenizer& tokenizer;
    std::int64_t max_tokens = 0;      // of an example, the special ones counted
    std::vector<std::string> labels;  // by index, as the model has them
  };
  struct LossOptions {
    Set set = Set::train;  // which the batch's rows are of
    double smoothing = 0;
  };

  virtual ~EncoderGoal() = default;

  virtual std::string_view name() const = 0;  // as `regard train` takes it
  // What the loss is a mean over: "example" or "token".
  virtual std::string_view unit() const { return "example"; }
  virtual std::string metric()
      const = 0;  // by which models are compared where nobody says: a score, or "loss"

  // Settings of the task's own. False: there is no such key; UsageError for an impossible value.
  virtual bool set(const std::string& /*key*/, const Json& /*value*/) { return false; }
  virtual std::vector<std::string> setting_names() const { return {}; }
  virtual Json settings() const { return Json::object(); }

  // In this order, each once:
  virtual void read(const train::Surroundings& around) = 0;  // the examples' texts and labels
  virtual TextSource texts() const = 0;  // of the training set, to learn a vocabulary from
  virtual models::NewHead head() const = 0;
  virtual Sets encode(const Encoding& how, const train::Surroundings& around) = 0;
  virtual Json data() const = 0;   // what recognizes the labels again
  virtual Json files() const = 0;  // where the data are

  // What loss and judge look at: the model's head, or something that the goal makes of its states, then
  // without a projection.
  virtual models::TextEncoder::Projected project(const models::TextEncoder& model, const Var& hidden,
                                                 const Layout& layout) const {
    return model.project(hidden, layout);
  }
  // The loss of a batch of encoded examples, as a sum over its units.
  virtual train::BatchLoss loss(const models::TextEncoder::Projected& head, const EncoderBatch& batch,
                                const LossOptions& options) const = 0;
  virtual std::unique_ptr<EncoderJudge> judge() const = 0;
  // What belongs beside the finished model, validated or not.
  virtual void publish(const std::filesystem::path& /*directory*/) const {}
};

}  // namespace regard::tasks
