#include "regard/tasks/train_translation_objective.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/decode/search.h"
#include "regard/models/registry.h"
#include "regard/models/written_form.h"
#include "regard/text/sentences.h"

namespace regard::tasks {
namespace {

constexpr std::size_t rows_at_once = 64;  // of validation
constexpr std::size_t shown = 3;          // results

[[noreturn]] void interrupted() { throw Interrupted("interrupted in validation"); }

// Rows from short to long sources, so that little of a batch waits for its longest.
std::vector<std::size_t> by_length(const std::vector<std::string>& sources) {
  std::vector<std::size_t> order(sources.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sources[a].size() < sources[b].size(); });
  return order;
}

// As many as `most`, evenly spread; 0: all.
data::ParallelText sample_of(const data::ParallelText& text, std::int64_t most) {
  const std::size_t all = text.sources.size(), wanted = most > 0 ? static_cast<std::size_t>(most) : all;
  if (wanted >= all) return text;
  data::ParallelText sample;
  for (std::size_t i = 0; i < wanted; ++i) {
    sample.sources.push_back(text.sources[i * all / wanted]);
    sample.targets.push_back(text.targets[i * all / wanted]);
  }
  return sample;
}

}  // namespace

std::int64_t longest_target(const data::Pairs& pairs) {
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    longest = std::max<std::int64_t>(longest, pairs.targets().length(i));
  return longest;
}

void cut_source(std::vector<std::int32_t>& ids, std::int64_t limit) {
  if (limit <= 0 || static_cast<std::int64_t>(ids.size()) <= limit) return;
  ids[static_cast<std::size_t>(limit) - 1] = ids.back();
  ids.resize(static_cast<std::size_t>(limit));
}

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

  const data::ParallelText text = sample_of(parts_.data.valid_text, plan_.translation.generation_max_samples);
  const std::vector<std::string> results = translate(text.sources, stop);
  validation.scores = parts_.task.scores({results, std::span(&text.targets, 1)}, parts_.step.threads);
  const std::size_t count = std::min(shown, results.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t line = i * results.size() / count;
    constexpr std::size_t most = 300;  // bytes of a source that are shown
    const std::string& source = text.sources[line];
    const std::string_view begin = std::string_view(source).substr(0, cut_within(source, most));
    validation.samples.push_back(
        fmt::format("  source:      {}{}", begin, begin.size() < source.size() ? " ..." : ""));
    validation.samples.push_back("  reference:   " + text.targets[line]);
    validation.samples.push_back(
        fmt::format("  {:<13}{}", std::string(parts_.task.result) + ":", results[line]));
  }
  return validation;
}

// A result for each source, in their order. Lengths are bounded by what the references need: a model that has
// learned little does not know when to end.
std::vector<std::string> TranslationObjective::translate(const std::vector<std::string>& texts,
                                                         const std::function<bool()>& stop) const {
  const std::vector<std::size_t> order = by_length(texts);
  const auto positions = static_cast<std::size_t>(parts_.model.max_positions());
  const auto longest = static_cast<std::size_t>(longest_target(parts_.data.valid));

  decode::SearchOptions options;
  options.config.max_new_tokens = static_cast<std::int64_t>(std::min(longest + 10, positions - 1));
  options.config.num_beams = static_cast<int>(plan_.translation.generation_num_beams);
  options.config.no_repeat_ngram_size = parts_.task.no_repeat_ngram_size;
  options.config.eos_token_id = {specials_.end};
  options.config.decoder_start_token_id = specials_.start;
  options.config.pad_token_id = specials_.padding;
  options.config.forced_bos_token_id = parts_.first_token;
  options.cancelled = stop;

  std::vector<std::string> results(order.size());
  for (std::size_t begin = 0; begin < order.size(); begin += rows_at_once) {
    const std::size_t end = std::min(order.size(), begin + rows_at_once);
    std::vector<std::size_t> lines;
    std::vector<decode::TokenIds> sources;
    for (std::size_t i = begin; i < end; ++i) {
      decode::TokenIds ids = parts_.tokenizer.encode_ids(texts[order[i]], TextSide::source);
      cut_source(ids, parts_.data.source_limit);
      if (ids.size() <= 1 || ids.size() > positions) continue;  // what cannot be translated counts as empty
      lines.push_back(order[i]);
      sources.push_back(std::move(ids));
    }
    if (stop()) interrupted();
    if (sources.empty()) continue;
    Step step(parts_.step);
    const auto found = decode::search(parts_.model, step, sources, options);
    for (std::size_t i = 0; i < lines.size(); ++i)
      results[lines[i]] = parts_.tokenizer.decode(found[i].front().ids);
  }
  return results;
}

void TranslationObjective::save(const std::filesystem::path& directory) const {
  if (parts_.adapter != nullptr) return parts_.adapter->save(directory);
  models::save(parts_.model, directory);
}

void TranslationObjective::publish(const std::filesystem::path& directory) const {
  const std::string family = plan_.config.at("model_type");
  if (parts_.model.config().at("model_type") == family) return save(directory);
  models::save(*models::converted(parts_.model, family), directory);
}

}  // namespace regard::tasks
