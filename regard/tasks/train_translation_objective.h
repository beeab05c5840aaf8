#pragma once

#include <memory>

#include "regard/data/batches.h"
#include "regard/data/prefetch.h"
#include "regard/models/low_rank.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tasks/pair_task.h"
#include "regard/tasks/train_translation_sampling.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

// Data as the objective uses them: ids, and for validation the texts too.
struct TranslationData {
  data::Pairs train, valid;
  data::ParallelText valid_text;
  std::int64_t bad_lines = 0;  // of the training text, skipped
  std::int64_t cut_sources = 0, cut_valid_sources = 0;
  std::int64_t source_limit = 0;  // where sources were cut; 0: nowhere
};
std::int64_t longest_target(const data::Pairs& pairs);  // in tokens
// Leaves the first ids and the last one, which ends the text.
void cut_source(std::vector<std::int32_t>& ids, std::int64_t limit);

struct TranslationSpecials {
  std::int32_t start = 0, end = 0, padding = 0;
};

// The loss of an encoder-decoder on pairs of texts: cross-entropy of each target token given the source and
// the tokens before. Borrows all that it is given.
class TranslationObjective final : public train::Objective {
 public:
  struct Parts {
    models::SequenceToSequence& model;
    const Tokenizer& tokenizer;
    const TranslationData& data;
    const PairTask& task;
    StepOptions step;                                 // threads and level
    const models::LowRankAdapter* adapter = nullptr;  // what is trained, where it is not the model
    std::optional<std::int32_t> first_token = {};     // that results begin with, behind the start token
  };
  TranslationObjective(const Parts& parts, const TranslationPlan& plan, RandomKey key);

  nn::Parameters& parameters() override { return parts_.model.parameters(); }
  std::int64_t begin_epoch(std::int64_t epoch) override;
  train::BatchLoss loss(Step& step, std::int64_t batch) override;
  bool validates() const override { return parts_.data.valid.size() > 0; }
  train::Validation validate(const std::function<bool()>& stop) override;
  void save(const std::filesystem::path& directory) const override;
  void publish(const std::filesystem::path& directory) const override;

 private:
  train::BatchLoss loss_of(Step& step, const data::TranslationBatch& batch, double smoothing) const;
  std::vector<std::string> translate(const std::vector<std::string>& sources,
                                     const std::function<bool()>& stop) const;

  Parts parts_;
  const TranslationPlan& plan_;
  RandomKey key_;
  TranslationSpecials specials_;
  PairSampler sampler_;
  data::BatchPlan batches_;
  std::unique_ptr<data::Prefetcher> prefetcher_;  // of the epoch; its thread reads what stands above
};

TranslationSpecials specials_of(const Json& config);

}  // namespace regard::tasks
