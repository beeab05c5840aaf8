#include "regard/tasks/tag.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/models/new_head.h"
#include "regard/models/registry.h"
#include "regard/tasks/word_tokens.h"
#include "regard/text/split_words.h"

namespace regard::tasks {
namespace {

// A part of a text that the model reads at once, and what each of the text's words is in it.
struct Window {
  std::size_t text = 0;
  std::vector<WordTokens> words;
  std::size_t tokens = 0;
  bool cut_before = false, cut_behind = false;
};

// How far a word stands from where its window was cut; a text's own ends are no cuts.
std::size_t context_of(const Window& window, const WordTokens& word) {
  const std::size_t before = window.cut_before ? word.begin : window.tokens;
  const std::size_t behind = window.cut_behind ? window.tokens - word.end : window.tokens;
  return std::min(before, behind);
}

using Probabilities = std::vector<double>;

Probabilities softmax_of(std::span<const double> logits) {
  const double most = *std::max_element(logits.begin(), logits.end());
  Probabilities p;
  double sum = 0;
  for (const double x : logits) sum += p.emplace_back(std::exp(x - most));
  for (double& x : p) x /= sum;
  return p;
}

// logits [tokens, labels] of a window: those of one word.
Probabilities word_probabilities(std::span<const double> logits, const WordTokens& word, std::size_t labels,
                                 Aggregation how) {
  const auto of = [&](std::size_t token) { return softmax_of(logits.subspan(token * labels, labels)); };
  Probabilities found = of(word.begin);
  if (how == Aggregation::first) return found;
  const auto surest = [](const Probabilities& p) { return *std::max_element(p.begin(), p.end()); };
  for (std::size_t t = word.begin + 1; t < word.end; ++t) {
    const Probabilities next = of(t);
    if (how == Aggregation::max) {
      if (surest(next) > surest(found)) found = next;
    } else {
      for (std::size_t i = 0; i < labels; ++i) found[i] += next[i];
    }
  }
  if (how == Aggregation::average)
    for (double& x : found) x /= static_cast<double>(word.end - word.begin);
  return found;
}

}  // namespace

Aggregation aggregation(const std::string& name) {
  const std::vector<std::string> names{"first", "average", "max"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw UsageError(fmt::format("aggregation: found '{}', expected {}{}", name, fmt::join(names, ", "),
                                 did_you_mean(name, names)));
  return static_cast<Aggregation>(found - names.begin());
}

Tagger Tagger::load(const std::filesystem::path& directory) {
  auto model = models::load_as<models::TextEncoder>(directory);
  require_head(*model,
               {models::HeadKind::tokens, "a model for token classification (...ForTokenClassification)"},
               directory);
  return {std::move(model), load_tokenizer(directory)};
}

Tagger::Tagger(std::unique_ptr<const models::TextEncoder> model, std::unique_ptr<const Tokenizer> tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  labels_ = models::labels_of(JsonField(model_->config(), "config.json"));
  read_as_ = lenient_tags(labels_);
  if (!have_prefixes(labels_)) scheme_ = TagScheme::plain;
}

std::vector<TaggedText> Tagger::tag(std::span<const WordText> texts, const StepOptions& step,
                                    const TagOptions& options) const {
  const std::int64_t positions = model_->max_positions();  // 0: any number
  const auto most = static_cast<std::size_t>(positions > 0 ? positions : 512);
  std::vector<Window> windows;
  std::vector<EncoderExample> examples;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].words.empty()) continue;
    const auto parts = token_windows(*tokenizer_, texts[i].text, {.max_length = most, .stride = most / 4});
    for (std::size_t p = 0; p < parts.size(); ++p) {
      windows.push_back(
          {i, tokens_of_words(parts[p], texts[i].words), parts[p].size(), p > 0, p + 1 < parts.size()});
      examples.push_back(encoder_example(parts[p]));
    }
  }
  const auto logits = token_logits(*model_, examples, step, options.rows);

  std::vector<TaggedText> results(texts.size());
  std::vector<std::vector<std::string>> read_as(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const TextSpan& word : texts[i].words) results[i].words.push_back({word, "O", 0});
    read_as[i].resize(texts[i].words.size(), "O");
  }
  std::vector<std::vector<std::size_t>> best(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) best[i].resize(texts[i].words.size(), 0);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const Window& window = windows[w];
    TaggedText& result = results[window.text];
    for (std::size_t i = 0; i < window.words.size(); ++i) {
      const WordTokens& word = window.words[i];
      if (word.begin == word.end) continue;
      const std::size_t context = context_of(window, word) + 1;
      if (context <= best[window.text][i]) continue;
      best[window.text][i] = context;
      const auto p = word_probabilities(logits[w], word, labels_.size(), options.aggregation);
      const auto label = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
      result.words[i].tag = labels_[label];
      result.words[i].score = p[label];
      read_as[window.text][i] = read_as_[label];
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CharacterCounter characters(texts[i].text);
    for (const TaggedSpan& span : spans_of(read_as[i], scheme_)) {
      const TextSpan bytes{texts[i].words[span.begin].begin, texts[i].words[span.end - 1].end};
      TaggedEntity& entity = results[i].entities.emplace_back();
      entity.text = part(texts[i].text, bytes);
      entity.label = span.label;
      entity.start = static_cast<std::int64_t>(characters.before(bytes.begin));
      entity.end = static_cast<std::int64_t>(characters.before(bytes.end));
      for (std::size_t w = span.begin; w < span.end; ++w) entity.score += results[i].words[w].score;
      entity.score /= static_cast<double>(span.end - span.begin);
    }
  }
  return results;
}

}  // namespace regard::tasks
