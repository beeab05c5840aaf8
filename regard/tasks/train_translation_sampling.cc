#include "regard/tasks/train_translation_sampling.h"

#include "regard/text/subword_vocabulary.h"

namespace regard::tasks {

PairSampler::PairSampler(const Tokenizer& tokenizer, const TranslationSettings& settings,
                         std::int64_t positions)
    : positions_(static_cast<std::size_t>(positions)) {
  const SubwordSampling sampling = sampling_of(settings);
  if (!sampling.any()) return;
  const std::string& sides = settings.subword_sampling_sides;
  if (sides != "target") source_.emplace(tokenizer.subwords(TextSide::source), sampling);
  if (sides != "source") target_.emplace(tokenizer.subwords(TextSide::target), sampling);
}

void PairSampler::resample(const SubwordSampler& sampler, std::vector<std::int32_t>& ids,
                           RandomKey key) const {
  std::vector<std::int32_t> sample = sampler.sample(ids, key);
  if (positions_ == 0 || sample.size() <= positions_) ids = std::move(sample);
}

data::PairEdit PairSampler::edit(RandomKey epoch) const {
  if (!any()) return {};
  return [this, epoch](std::uint32_t row, data::PairIds& ids) {
    const RandomKey key = epoch.fold(row);
    if (source_) resample(*source_, ids.source, key.fold(0));
    if (target_) resample(*target_, ids.target, key.fold(1));
  };
}

}  // namespace regard::tasks
