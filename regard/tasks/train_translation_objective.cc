#include "regard/tasks/train_translation_objective.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/decode/search.h"
#include "regard/metrics/bleu.h"
#include "regard/metrics/chrf.h"
#include "regard/models/registry.h"
#include "regard/models/written_form.h"

namespace regard::tasks {
namespace {

constexpr std::size_t rows_at_once = 64;  // of validation
constexpr std::size_t shown = 3;          // translations

[[noreturn]] void interrupted() { throw Interrupted("interrupted in validation"); }

// Rows from short to long sources, so that little of a batch waits for its longest.
std::vector<std::size_t> by_source_length(const data::ParallelText& text) {
  std::vector<std::size_t> order(text.sources.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return text.sources[a].size() < text.sources[b].size();
  });
  return order;
}

}  // namespace

TranslationSpecials specials_of(const Json& config) {
  const JsonField field(config, "config");
  auto id = [&](const char* key) {
    return static_cast<std::int32_t>(field.at(key).integer_within(0, INT32_MAX));
  };
  return {id("decoder_start_token_id"), id("eos_token_id"), id("pad_token_id")};
}

TranslationObjective::TranslationObjective(const Parts& parts, const TranslationPlan& plan, RandomKey key)
    : parts_(parts),
      plan_(plan),
      key_(key),
      specials_(specials_of(parts.model.config())),
      sampler_(parts.tokenizer, plan.translation, parts.model.max_positions()) {}

std::int64_t TranslationObjective::begin_epoch(std::int64_t epoch) {
  const data::BatchLimits limits{plan_.training.batch_tokens, plan_.training.per_device_train_batch_size};
  const RandomKey key = key_.fold(static_cast<std::uint64_t>(epoch));
  prefetcher_.reset();
  batches_ = {};  // two plans at once would be much memory
  batches_ = data::plan_epoch(parts_.data.train, limits, key);
  // The plan draws from the key's children 0 and 1.
  const data::PairEdit edit = sampler_.edit(key.fold(2));
  const auto make = [this, edit](std::size_t batch) {
    return data::read_batch(parts_.data.train, batches_[batch], edit);
  };
  prefetcher_ = std::make_unique<data::Prefetcher>(
      make, data::Prefetcher::Options{batches_.size(), static_cast<std::size_t>(plan_.translation.prefetch)});
  return static_cast<std::int64_t>(batches_.size());
}

train::BatchLoss TranslationObjective::loss_of(Step& step, const data::TranslationBatch& batch,
                                               double smoothing) const {
  const models::Memory memory = parts_.model.encode(step, batch.source);
  const Var hidden = parts_.model.decode(memory, batch.inputs);
  const VocabularyLoss loss =
      vocabulary_loss(hidden, parts_.model.vocabulary(step), batch.targets, {.smoothing = smoothing});
  return {loss.sum, loss.plain_sum, loss.tokens};
}

train::BatchLoss TranslationObjective::loss(Step& step, std::int64_t batch) {
  const data::PairBatch& pairs = prefetcher_->get(static_cast<std::size_t>(batch));
  return loss_of(step, data::translation_batch(pairs, specials_.start),
                 plan_.training.label_smoothing_factor);
}

train::Validation TranslationObjective::validate(const std::function<bool()>& stop) {
  const data::Pairs& valid = parts_.data.valid;
  const data::BatchPlan batches = data::plan_in_order(valid, {.tokens = 4096});
  double loss = 0;
  std::int64_t tokens = 0;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (stop()) interrupted();
    Step step(parts_.step);
    const data::PairBatch pairs = data::read_batch(valid, batches[i]);
    const auto part = loss_of(step, data::translation_batch(pairs, specials_.start), 0);
    loss += part.plain_sum;
    tokens += part.tokens;
  }
  train::Validation validation;
  validation.loss = loss / static_cast<double>(tokens);
  if (!plan_.translation.predict_with_generate) return validation;

  const std::vector<std::string> translations = translate(stop);
  const data::ParallelText& text = parts_.data.valid_text;
  const Segments segments{translations, std::span(&text.targets, 1)};
  validation.scores["bleu"] = corpus_score(Bleu(), segments, parts_.step.threads);
  validation.scores["chrf"] = corpus_score(Chrf(), segments, parts_.step.threads);
  const std::size_t count = std::min(shown, translations.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t line = i * translations.size() / count;
    validation.samples.push_back("  source:      " + text.sources[line]);
    validation.samples.push_back("  reference:   " + text.targets[line]);
    validation.samples.push_back("  translation: " + translations[line]);
  }
  return validation;
}

// All validation sources, in their order. Lengths are bounded by what the references need: a model that has
// learned little does not know when to end.
std::vector<std::string> TranslationObjective::translate(const std::function<bool()>& stop) const {
  const data::ParallelText& text = parts_.data.valid_text;
  const std::vector<std::size_t> order = by_source_length(text);
  const auto positions = static_cast<std::size_t>(parts_.model.max_positions());
  std::size_t longest = 0;
  for (std::size_t i = 0; i < parts_.data.valid.size(); ++i)
    longest = std::max<std::size_t>(longest, parts_.data.valid.targets().length(i));

  decode::SearchOptions options;
  options.config.max_new_tokens = static_cast<std::int64_t>(std::min(longest + 10, positions - 1));
  options.config.num_beams = static_cast<int>(plan_.translation.generation_num_beams);
  options.config.eos_token_id = {specials_.end};
  options.config.decoder_start_token_id = specials_.start;
  options.config.pad_token_id = specials_.padding;
  options.cancelled = stop;

  std::vector<std::string> translations(order.size());
  for (std::size_t begin = 0; begin < order.size(); begin += rows_at_once) {
    const std::size_t end = std::min(order.size(), begin + rows_at_once);
    std::vector<std::size_t> lines;
    std::vector<decode::TokenIds> sources;
    for (std::size_t i = begin; i < end; ++i) {
      decode::TokenIds ids = parts_.tokenizer.encode_ids(text.sources[order[i]], TextSide::source);
      if (ids.size() <= 1 || ids.size() > positions) continue;  // what cannot be translated counts as empty
      lines.push_back(order[i]);
      sources.push_back(std::move(ids));
    }
    if (stop()) interrupted();
    if (sources.empty()) continue;
    Step step(parts_.step);
    const auto results = decode::search(parts_.model, step, sources, options);
    for (std::size_t i = 0; i < lines.size(); ++i)
      translations[lines[i]] = parts_.tokenizer.decode(results[i].front().ids);
  }
  return translations;
}

void TranslationObjective::save(const std::filesystem::path& directory) const {
  models::save(parts_.model, directory);
}

void TranslationObjective::publish(const std::filesystem::path& directory) const {
  const std::string family = plan_.config.at("model_type");
  if (parts_.model.config().at("model_type") == family) return save(directory);
  models::save(*models::converted(parts_.model, family), directory);
}

}  // namespace regard::tasks
