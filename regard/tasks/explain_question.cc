#include "regard/tasks/explain_question.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/models/causal_model.h"
#include "regard/models/text_encoder.h"
#include "regard/text/words.h"

namespace regard::tasks {
namespace {

using explain::ExplainedToken;
using explain::TokenSide;

// The word that a token's first character which is no white space belongs to; -1: none.
std::ptrdiff_t word_of(const std::vector<TextSpan>& words, std::string_view text, TextSpan span) {
  while (span.begin < span.end && text[span.begin] == ' ') ++span.begin;
  if (span.begin >= span.end) return -1;
  const auto found = std::partition_point(words.begin(), words.end(),
                                          [&](const TextSpan& w) { return w.end <= span.begin; });
  return found == words.end() ? -1 : found - words.begin();
}

}  // namespace

TokenSide side_of(std::string name, std::string_view text, const std::vector<Token>& tokens) {
  TokenSide side{std::move(name), std::string(text), {}};
  const std::size_t tab = std::min(text.find('\t'), text.size());
  const std::string_view second = tab < text.size() ? text.substr(tab + 1) : std::string_view();
  const std::string_view first = text.substr(0, tab);
  const auto first_words = word_spans(first), second_words = word_spans(second);
  std::ptrdiff_t before = -1;
  bool before_second = false;
  for (const Token& token : tokens) {
    const auto& words = token.second ? second_words : first_words;
    const std::ptrdiff_t word =
        token.special ? -1 : word_of(words, token.second ? second : first, {token.begin, token.end});
    side.tokens.push_back(
        {token.piece, token.id, token.special, word >= 0 && word == before && token.second == before_second});
    before = word;
    before_second = token.second;
  }
  return side;
}

TokenSide side_of_ids(std::string name, const std::vector<std::int32_t>& ids, const Tokenizer& tokenizer) {
  TokenSide side{std::move(name), tokenizer.decode(ids), {}};
  const auto words = word_spans(side.text);
  std::ptrdiff_t before = -1;
  std::size_t begin = 0;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const std::string so_far = tokenizer.decode(std::span(ids).first(t + 1));
    const std::size_t end = std::clamp(so_far.size(), begin, side.text.size());
    const bool special = tokenizer.decode(std::span(ids).subspan(t, 1)).empty();
    const std::ptrdiff_t word = special ? -1 : word_of(words, side.text, {begin, end});
    side.tokens.push_back({tokenizer.piece(ids[t]), ids[t], special, word >= 0 && word == before});
    before = word;
    begin = end;
  }
  return side;
}

std::int32_t replacement_of(const Tokenizer& tokenizer) {
  const SpecialIds ids = tokenizer.special_ids();
  for (const auto& id : {ids.mask, ids.unknown, ids.padding, ids.end})
    if (id) return *id;
  return 0;
}

explain::ModelInput baseline_of(const explain::ModelInput& input, const std::vector<TokenSide>& sides,
                                std::int32_t replacement) {
  explain::ModelInput made = input;
  const auto replace = [&](std::vector<std::int32_t>& ids, const TokenSide& side) {
    for (std::size_t i = 0; i < ids.size() && i < side.tokens.size(); ++i)
      if (!side.tokens[i].special) ids[i] = replacement;
  };
  replace(made.ids, sides.front());
  if (!made.prefix.empty()) replace(made.prefix, sides.back());
  return made;
}

std::vector<AskedAnswer> token_answers(const Asking& asking, const WrittenTokens& written) {
  const auto measure =
      asking.options.measure.value_or(written.against.empty() ? explain::Quantity::Measure::log_probability
                                                              : explain::Quantity::Measure::logit);
  std::vector<AskedAnswer> answers;
  for (std::size_t k = 0; k < written.ids.size(); ++k) {
    const std::int64_t row = written.first_row + static_cast<std::int64_t>(k);
    AskedAnswer answer{asking.tokenizer.piece(written.ids[k]), "", "", {{{row, written.ids[k], 1}}}};
    answer.quantity.measure = measure;
    if (!written.against.empty()) {
      if (k >= written.against.size()) break;
      if (written.against[k] == written.ids[k]) continue;
      answer.contrast = asking.tokenizer.piece(written.against[k]);
      answer.quantity.terms.push_back({row, written.against[k], -1});
    }
    answers.push_back(std::move(answer));
    if (!written.against.empty()) break;
  }
  if (answers.empty() && !written.against.empty())
    throw UsageError("contrast: found what the model answers, expected something else");
  return answers;
}

Question ask(const Asking& asking, std::string_view text) {
  Question asked = asking.model.kind() == models::TextEncoder::kind_name ? ask_text_encoder(asking, text)
                   : asking.model.kind() == models::CausalModel::kind_name
                       ? ask_decoder(asking, text)
                       : ask_encoder_decoder(asking, text);
  asked.explained.baseline =
      baseline_of(asked.explained.input, asked.sides, replacement_of(asking.tokenizer));
  return asked;
}

}  // namespace regard::tasks
