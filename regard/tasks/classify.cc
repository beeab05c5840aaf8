#include "regard/tasks/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/data/batches.h"
#include "regard/models/new_head.h"
#include "regard/models/registry.h"
#include "regard/tasks/temperature.h"
#include "regard/tasks/text_encoder_examples.h"

namespace regard::tasks {
namespace {

Classifier::Scores scores_of(const models::TextEncoder& model, std::size_t labels) {
  switch (model.problem()) {
    case models::ProblemType::regression:
      return Classifier::Scores::values;
    case models::ProblemType::multi_label:
      return Classifier::Scores::independent;
    case models::ProblemType::single_label:
    case models::ProblemType::unsaid:
      break;
  }
  return labels == 1 ? Classifier::Scores::independent : Classifier::Scores::exclusive;
}

}  // namespace

std::vector<ClassScore> Classification::ranked(std::size_t most) const {
  std::vector<ClassScore> list;
  for (std::size_t i = 0; i < scores.size(); ++i) list.push_back({i, scores[i]});
  std::stable_sort(list.begin(), list.end(),
                   [](const ClassScore& a, const ClassScore& b) { return a.score > b.score; });
  if (most > 0 && most < list.size()) list.resize(most);
  return list;
}

Classifier Classifier::load(const std::filesystem::path& directory) {
  auto model = models::load_as<models::TextEncoder>(directory);
  if (model->head() != models::HeadKind::sequence) {
    const JsonField config(model->config(), (directory / "config.json").string());
    const std::string expected = "a model for text classification (...ForSequenceClassification)";
    if (config.has("architectures")) config.at("architectures").refuse(expected);
    config.refuse("architectures that name " + expected);
  }
  return {std::move(model), load_tokenizer(directory), read_temperature(directory)};
}

Classifier::Classifier(std::unique_ptr<const models::TextEncoder> model,
                       std::unique_ptr<const Tokenizer> tokenizer, double temperature)
    : model_(std::move(model)),
      tokenizer_(std::move(tokenizer)),
      temperature_(temperature),
      labels_(models::labels_of(JsonField(model_->config(), "config.json"))),
      scores_(scores_of(*model_, labels_.size())) {}

Classification Classifier::of(const std::vector<double>& logits) const {
  Classification found{logits, false};
  if (scores_ == Scores::values) return found;
  for (double& x : found.scores) x /= temperature_;
  if (scores_ == Scores::independent) {
    for (double& x : found.scores) x = 1 / (1 + std::exp(-x));
    return found;
  }
  const double top = *std::max_element(found.scores.begin(), found.scores.end());
  for (double& x : found.scores) x = std::exp(x - top);
  const double all = std::accumulate(found.scores.begin(), found.scores.end(), 0.0);
  for (double& x : found.scores) x /= all;
  return found;
}

std::vector<Classification> Classifier::classify(std::span<const TextPair> texts, const StepOptions& options,
                                                 const ClassifyOptions& how) const {
  constexpr std::int64_t without_positions = 65535;
  const std::int64_t positions = model_->max_positions() > 0 ? model_->max_positions() : without_positions;
  train::Surroundings around;
  around.step.threads = options.threads;
  const EncodedTexts encoded =
      encode_texts({texts.size(), [&](std::size_t i) { return texts[i]; }, positions}, *tokenizer_, around);
  for (const EncoderExample& e : encoded.examples)
    if (e.ids.empty())
      throw InputError("a text without tokens, and the tokenizer adds none: there is nothing to classify");
  std::vector<Classification> found(texts.size());
  const data::BatchPlan batches =
      data::plan_in_order(lengths_of(encoded.examples), {how.batch_tokens, how.batch_size});
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while classifying");
    const EncoderBatch batch = encoder_batch(encoded.examples, batches[i]);
    Step step(options);
    const auto head = model_->project(model_->hidden(step, batch.inputs()), batch.tokens.layout);
    const std::vector<double> logits = linear(head.features, head.projection).value().to_doubles();
    const auto L = static_cast<std::ptrdiff_t>(labels_.size());
    for (std::size_t b = 0; b < batch.rows.size(); ++b) {
      const auto begin = logits.begin() + static_cast<std::ptrdiff_t>(b) * L;
      found[batch.rows[b]] = of({begin, begin + L});
      found[batch.rows[b]].cut = encoded.was_cut[batch.rows[b]] != 0;
    }
  }
  return found;
}

}  // namespace regard::tasks
