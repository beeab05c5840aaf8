#include "regard/tasks/train_text_objective.h"

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/models/registry.h"

namespace regard::tasks {
namespace {

// Keys of the streams of an objective.
enum Stream : std::uint64_t { order = 0, choice = 1, validation = 2 };

}  // namespace

std::int64_t TextObjective::block_tokens() const {
  constexpr std::int64_t usual = 1024;
  const std::int64_t tokens = plan_.text.block_size > 0 ? plan_.text.block_size : usual;
  const std::int64_t positions = parts_.model.max_positions();
  return positions > 0 ? std::min(tokens, positions) : tokens;
}

std::int64_t TextObjective::rows_of(std::int64_t tokens) const {
  if (plan_.training.per_device_train_batch_size > 0) return plan_.training.per_device_train_batch_size;
  return std::max<std::int64_t>(1, plan_.training.batch_tokens / tokens);
}

TextObjective::Blocks TextObjective::read(const data::TokenStream& stream,
                                          std::span<const data::Block> blocks) const {
  Blocks ids;
  for (const data::Block& block : blocks)
    stream.read(block.begin, ids.emplace_back(static_cast<std::size_t>(block.length)));
  return ids;
}

std::int64_t TextObjective::begin_epoch(std::int64_t epoch) {
  epoch_key_ = key_.fold(static_cast<std::uint64_t>(epoch));
  batches_ = data::plan_blocks(parts_.data.train.size(), blocks(), epoch_key_.fold(Stream::order));
  return static_cast<std::int64_t>(batches_.size());
}

train::BatchLoss TextObjective::loss(Step& step, std::int64_t batch) {
  const RandomKey key = epoch_key_.fold(Stream::choice).fold(static_cast<std::uint64_t>(batch));
  return loss_of(step, read(parts_.data.train, batches_[static_cast<std::size_t>(batch)]),
                 {plan_.training.label_smoothing_factor, key});
}

train::Validation TextObjective::validate(const std::function<bool()>& stop) {
  const data::BlockPlan batches = data::plan_blocks_in_order(parts_.data.valid.size(), blocks());
  const RandomKey key = key_.fold(Stream::validation);  // of no epoch: the same choice every time
  double loss = 0;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (stop()) throw Interrupted("interrupted in validation");
    Step step(parts_.step);
    const auto part = loss_of(step, read(parts_.data.valid, batches[i]), {0, key.fold(i)});
    loss += part.plain_sum;
    tokens += part.tokens;
  }
  train::Validation found;
  found.loss = loss / static_cast<double>(tokens);
  found.scores["perplexity"] = std::exp(found.loss);
  return found;
}

void TextObjective::save(const std::filesystem::path& directory) const {
  if (parts_.adapter != nullptr) return parts_.adapter->save(directory);
  models::save(parts_.model, directory);
}

}  // namespace regard::tasks
