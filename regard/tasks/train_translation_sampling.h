#pragma once

#include <optional>

#include "regard/data/batches.h"
#include "regard/tasks/train_translation_config.h"
#include "regard/text/subword_sampling.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

// Draws other segmentations of training pairs. Immutable: threads may share it.
class PairSampler {
 public:
  // UsageError where the settings do not suit the tokenizer's vocabularies. A sample of more than
  // `positions` ids, which the model could not take, is given up for the usual segmentation; 0: any.
  PairSampler(const Tokenizer& tokenizer, const TranslationSettings& settings, std::int64_t positions);

  bool any() const { return source_ || target_; }
  // What an epoch's key makes of each row; nothing where no side is sampled. Borrows this.
  data::PairEdit edit(RandomKey epoch) const;

 private:
  void resample(const SubwordSampler& sampler, std::vector<std::int32_t>& ids, RandomKey key) const;

  std::optional<SubwordSampler> source_, target_;
  std::size_t positions_;
};

}  // namespace regard::tasks
