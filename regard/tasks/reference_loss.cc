#include "regard/tasks/reference_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/tasks/train_translation_objective.h"

namespace regard::tasks {
namespace {

using Ids = std::vector<std::int32_t>;

struct Pair {
  Ids source, target;
  std::size_t longest() const { return std::max(source.size(), target.size()); }
};

// From short to long, so that little of a batch waits for its longest.
std::vector<Pair> encoded(const Translator& translator, const TextPairs& texts, bool cut,
                          ReferenceLoss& loss) {
  const auto positions = static_cast<std::size_t>(translator.model().max_positions());
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < texts.sources.size(); ++i) {
    Pair pair{translator.tokenizer().encode_ids(texts.sources[i], TextSide::source),
              translator.tokenizer().encode_ids(texts.targets[i], TextSide::target)};
    if (cut) cut_source(pair.source, static_cast<std::int64_t>(positions));
    const bool empty = pair.source.size() <= 1 || pair.target.size() <= 1;  // an end token alone
    if (empty || pair.longest() > positions)
      ++loss.skipped;
    else
      pairs.push_back(std::move(pair));
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.longest() < b.longest(); });
  return pairs;
}

void add_batch(const Translator& translator, std::span<const Pair> pairs, Step& step, ReferenceLoss& loss) {
  const models::SequenceToSequence& model = translator.model();
  const std::int32_t start = specials_of(model.config()).start;
  std::vector<Ids> sources, inputs;
  Ids targets;
  for (const Pair& pair : pairs) {
    sources.push_back(pair.source);
    inputs.push_back({start});
    inputs.back().insert(inputs.back().end(), pair.target.begin(), pair.target.end() - 1);
    targets.insert(targets.end(), pair.target.begin(), pair.target.end());
  }
  const models::Memory memory = model.encode(step, TokenBatch::of(sources));
  const Var hidden = model.decode(memory, TokenBatch::of(inputs));
  const Tensor wanted = Tensor::from({static_cast<std::int64_t>(targets.size())}, targets);  // [N]
  const VocabularyLoss of_batch = vocabulary_loss(hidden, model.vocabulary(step), wanted);
  loss.nats += of_batch.plain_sum;
  loss.tokens += of_batch.tokens;
}

}  // namespace

double ReferenceLoss::per_token() const { return tokens == 0 ? 0 : nats / static_cast<double>(tokens); }
double ReferenceLoss::perplexity() const { return std::exp(per_token()); }

ReferenceLoss reference_loss(const Translator& translator, const TextPairs& texts, const StepOptions& options,
                             const ReferenceLossOptions& how) {
  if (texts.sources.size() != texts.targets.size())
    throw UsageError(fmt::format("reference_loss: found {} sources and {} targets, expected as many",
                                 texts.sources.size(), texts.targets.size()));
  ReferenceLoss loss;
  const std::vector<Pair> pairs = encoded(translator, texts, how.cut_sources, loss);
  for (std::size_t begin = 0; begin < pairs.size();) {
    if (how.cancelled && how.cancelled()) throw Interrupted("interrupted while measuring the loss");
    std::size_t end = begin + 1;
    const auto fits = [&](std::size_t last) {
      return static_cast<std::int64_t>((last + 1 - begin) * pairs[last].longest()) <= how.batch_tokens;
    };
    while (end < pairs.size() && fits(end)) ++end;
    Step step(options);
    add_batch(translator, std::span(pairs).subspan(begin, end - begin), step, loss);
    begin = end;
    if (how.measured) how.measured(static_cast<std::size_t>(loss.skipped) + end);
  }
  return loss;
}

}  // namespace regard::tasks
