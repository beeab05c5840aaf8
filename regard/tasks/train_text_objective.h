#pragma once

#include <memory>

#include "regard/models/causal_model.h"
#include "regard/models/text_encoder.h"
#include "regard/tasks/train_text_data.h"

// Losses of models on blocks of running text. All borrow what they are given.

namespace regard::tasks {

// Batches of blocks, and validation by loss and perplexity; what a block's loss is the goals below say.
class TextObjective : public train::Objective {
 public:
  struct Parts {
    models::Model& model;
    const Tokenizer& tokenizer;
    const TextData& data;
    StepOptions step;                                 // threads and level
    const models::LowRankAdapter* adapter = nullptr;  // what is trained, where it is not the model
  };

  nn::Parameters& parameters() override { return parts_.model.parameters(); }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  train::BatchLoss loss(Step& step, std::int64_t batch) override;
  bool validates() const override { return parts_.data.valid.size() > 0; }
  train::Validation validate(const std::function<bool()>& stop) override;
  void save(const std::filesystem::path& directory) const override;

 protected:
  TextObjective(const Parts& parts, const TextPlan& plan, RandomKey key)
      : parts_(parts), plan_(plan), key_(key) {}

  // `blocks` hold their ids. What is drawn comes from `key`.
  using Blocks = std::vector<std::vector<std::int32_t>>;
  struct Goal {
    double smoothing = 0;
    RandomKey key;
  };
  virtual train::BatchLoss loss_of(Step& step, Blocks blocks, const Goal& goal) const = 0;
  virtual data::BlockOptions blocks() const = 0;

  // Tokens of a block that the model may read: block_size, and no more than its positions.
  std::int64_t block_tokens() const;
  std::int64_t rows_of(std::int64_t tokens) const;  // of a batch

  Parts parts_;
  const TextPlan& plan_;

 private:
  Blocks read(const data::TokenStream& stream, std::span<const data::Block> blocks) const;

  RandomKey key_, epoch_key_;
  data::BlockPlan batches_;
};

// Cross-entropy of each token given those before it in its block; in a decoder-only model.
std::unique_ptr<TextObjective> next_token_objective(const models::CausalModel& model,
                                                    const TextObjective::Parts& parts, const TextPlan& plan,
                                                    RandomKey key);

// Cross-entropy of some tokens of a block, framed as the model expects sentences: mlm_probability of them are
// drawn, of which 80 % are masked, 10 % replaced by any token and 10 % left (Devlin et al. 2019, section 3.1;
// drawn anew in every epoch, as Liu et al. 2019 do). In a text encoder with a head for the vocabulary.
// InputError where model or tokenizer cannot.
std::unique_ptr<TextObjective> masked_tokens_objective(const models::TextEncoder& model,
                                                       const TextObjective::Parts& parts,
                                                       const TextPlan& plan, RandomKey key);

}  // namespace regard::tasks
