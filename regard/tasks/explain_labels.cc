#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/explain/answers.h"
#include "regard/models/new_head.h"
#include "regard/models/text_encoder.h"
#include "regard/tasks/explain_question.h"
#include "regard/text/words.h"

// What a text encoder is asked: a label of the text or of a token, an answer in it, a masked token.

namespace regard::tasks {
namespace {

using explain::Among;
using explain::AnswerRows;
using explain::Candidate;
using explain::Quantity;
using models::HeadKind;
using models::TextEncoder;

// A text encoder with a text that it reads.
struct Reading {
  const Asking& asking;
  const TextEncoder& model;
  const std::vector<Token>& tokens;
  std::string_view text;
  Question& asked;

  std::vector<std::vector<Candidate>> answers(const AnswerRows& rows) const {
    Step step(asking.step);
    const explain::Subject subject(model, asking.step);
    return answers_of(subject.pass(step, std::span(&asked.explained.input, 1)), rows);
  }
  std::int64_t label(const std::string& name, const char* what) const {
    const auto found = std::find(asked.labels.begin(), asked.labels.end(), name);
    if (found == asked.labels.end())
      throw UsageError(fmt::format("{}: the model has no label '{}'{}", what, printable(name),
                                   did_you_mean(name, asked.labels)));
    return found - asked.labels.begin();
  }
  std::string name(std::int64_t column) const { return asked.labels[static_cast<std::size_t>(column)]; }
  Quantity::Measure measure() const { return asking.options.measure.value_or(Quantity::Measure::logit); }
};

Among among_of(const TextEncoder& model, std::size_t labels) {
  if (model.problem() == models::ProblemType::regression) return Among::nothing;
  return model.problem() == models::ProblemType::multi_label || labels == 1 ? Among::itself : Among::columns;
}

AskedAnswer label_answer(const Reading& reading, const explain::Term& term, Among among) {
  AskedAnswer answer{reading.name(term.column), "", "", {{term}, among, reading.measure()}};
  const std::string& contrast = reading.asking.options.contrast;
  if (contrast.empty()) return answer;
  answer.contrast = contrast;
  answer.quantity.measure = Quantity::Measure::logit;
  answer.quantity.terms.push_back({term.row, reading.label(contrast, "contrast"), -1});
  if (answer.quantity.terms[1].column == term.column)
    throw UsageError("contrast: found what the model answers, expected something else");
  return answer;
}

void ask_label(const Reading& reading) {
  Question& asked = reading.asked;
  asked.task = "text-classification";
  asked.labels = models::labels_of(JsonField(reading.model.config(), "config.json"));
  const Among among = among_of(reading.model, asked.labels.size());
  const std::string& target = reading.asking.options.target;
  const std::int64_t column =
      target.empty() ? reading.answers({{0}, among, 1})[0][0].column : reading.label(target, "target");
  asked.answers.push_back(label_answer(reading, {0, column}, among));
}

void ask_tags(const Reading& reading) {
  constexpr std::size_t most = 8;  // answers without a target
  Question& asked = reading.asked;
  asked.task = "token-classification";
  asked.labels = models::labels_of(JsonField(reading.model.config(), "config.json"));
  AnswerRows rows{{}, Among::columns, static_cast<std::int64_t>(asked.labels.size())};
  for (std::size_t i = 0; i < reading.tokens.size(); ++i)
    if (!reading.tokens[i].special) rows.rows.push_back(static_cast<std::int64_t>(i));
  const auto found = reading.answers(rows);
  const std::string& target = reading.asking.options.target;
  const std::int64_t wanted = target.empty() ? -1 : reading.label(target, "target");
  // Of a label the token that is surest of it; else those that are no O; else the one that is least an O.
  std::size_t best = 0;
  double surest = -1;
  const auto add = [&](std::size_t k, std::int64_t column) {
    AskedAnswer answer = label_answer(reading, {rows.rows[k], column}, Among::columns);
    answer.about = reading.tokens[static_cast<std::size_t>(rows.rows[k])].piece;
    asked.answers.push_back(std::move(answer));
  };
  std::int64_t surest_column = wanted;
  for (std::size_t k = 0; k < found.size(); ++k)
    for (const Candidate& c : found[k]) {
      const bool counts = wanted >= 0 ? c.column == wanted : reading.name(c.column) != "O";
      if (counts && c.probability > surest) {
        surest = c.probability;
        best = k;
        surest_column = c.column;
      }
    }
  for (std::size_t k = 0; k < found.size() && target.empty() && asked.answers.size() < most; ++k)
    if (reading.name(found[k][0].column) != "O") add(k, found[k][0].column);
  if (asked.answers.empty() && surest >= 0) add(best, surest_column);
}

void ask_span(const Reading& reading) {
  Question& asked = reading.asked;
  asked.task = "question-answering";
  constexpr std::int64_t longest = 30;
  const std::string& target = reading.asking.options.target;
  std::vector<std::int64_t> context;
  for (std::size_t i = 0; i < reading.tokens.size(); ++i)
    if (reading.tokens[i].second && !reading.tokens[i].special)
      context.push_back(static_cast<std::int64_t>(i));
  if (context.empty()) throw InputError("a question and a context with a tab between: found no context");
  const std::string_view text = reading.text.substr(reading.text.find('\t') + 1);
  std::int64_t first = -1, last = -1;
  const auto token = [&](std::int64_t i) { return reading.tokens[static_cast<std::size_t>(i)]; };
  if (!target.empty()) {
    const std::size_t at = text.find(target);
    if (at == std::string_view::npos)
      throw UsageError(fmt::format("target: the context has no '{}'", printable(target)));
    for (const std::int64_t i : context)
      if (overlap({token(i).begin, token(i).end}, {at, at + target.size()})) {
        if (first < 0) first = i;
        last = i;
      }
  } else {
    AnswerRows rows{{}, Among::nothing, 2};
    rows.rows = context;
    double best = 0;
    const auto found = reading.answers(rows);
    const auto logit = [&](std::size_t k, std::int64_t column) {
      return found[k][0].column == column ? found[k][0].logit : found[k][1].logit;
    };
    for (std::size_t a = 0; a < context.size(); ++a)
      for (std::size_t b = a; b < context.size() && context[b] - context[a] < longest; ++b)
        if (const double sum = logit(a, 0) + logit(b, 1); first < 0 || sum > best) {
          best = sum;
          first = context[a];
          last = context[b];
        }
  }
  if (first < 0) throw UsageError(fmt::format("target: no token of '{}' is read", printable(target)));
  AskedAnswer answer{std::string(text.substr(token(first).begin, token(last).end - token(first).begin)),
                     "",
                     "",
                     {{{first, 0}, {last, 1}}, Among::rows, reading.measure()}};
  asked.result = answer.text;
  asked.answers.push_back(std::move(answer));
}

// The only token of a text in the vocabulary.
std::int32_t token_of(const Reading& reading, const std::string& text, const char* what) {
  const Tokenizer& tokenizer = reading.asking.tokenizer;
  if (const auto id = tokenizer.id(text)) return *id;
  const auto tokens = tokenizer.encode(TextPair{text, std::nullopt}, {.special_tokens = false}).tokens;
  if (tokens.size() != 1)
    throw UsageError(fmt::format("{}: found '{}', which is {} tokens, expected one", what, printable(text),
                                 tokens.size()));
  return tokens[0].id;
}

void ask_masks(const Reading& reading) {
  Question& asked = reading.asked;
  asked.task = "fill-mask";
  const auto mask = reading.asking.tokenizer.special_ids().mask;
  AnswerRows rows{{}, Among::columns, 1};
  for (std::size_t i = 0; i < reading.tokens.size(); ++i)
    if (mask && reading.tokens[i].id == *mask) rows.rows.push_back(static_cast<std::int64_t>(i));
  if (rows.rows.empty())
    throw InputError(fmt::format("found a text without {}, expected one to be filled",
                                 mask ? reading.asking.tokenizer.piece(*mask) : "a mask"));
  const auto found = reading.answers(rows);
  const ExplainOptions& options = reading.asking.options;
  for (std::size_t k = 0; k < rows.rows.size(); ++k) {
    const auto best = static_cast<std::int32_t>(found[k][0].column);
    const std::int32_t wanted = options.target.empty() ? best : token_of(reading, options.target, "target");
    WrittenTokens written{{wanted}, {}, rows.rows[k]};
    if (!options.contrast.empty()) written.against = {token_of(reading, options.contrast, "contrast")};
    for (AskedAnswer& answer : token_answers(reading.asking, written)) {
      answer.about = reading.tokens[static_cast<std::size_t>(rows.rows[k])].piece;
      asked.answers.push_back(std::move(answer));
    }
  }
}

// Of ELECTRA's discriminator: the token that it thinks most was put in another's place.
void ask_replaced(const Reading& reading) {
  Question& asked = reading.asked;
  asked.task = "replaced-token-detection";
  asked.labels = {"replaced"};
  AnswerRows rows{{}, Among::itself, 1};
  for (std::size_t i = 0; i < reading.tokens.size(); ++i)
    if (!reading.tokens[i].special) rows.rows.push_back(static_cast<std::int64_t>(i));
  const auto found = reading.answers(rows);
  const auto best = std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a[0].probability < b[0].probability;
  });
  if (best == found.end()) return;
  const std::int64_t row = rows.rows[static_cast<std::size_t>(best - found.begin())];
  asked.answers.push_back({"replaced",
                           "",
                           reading.tokens[static_cast<std::size_t>(row)].piece,
                           {{{row, 0}}, Among::itself, reading.measure()}});
}

}  // namespace

Question ask_text_encoder(const Asking& asking, std::string_view text) {
  const auto& model = dynamic_cast<const TextEncoder&>(asking.model);
  const std::size_t tab = text.find('\t');
  const bool pair = tab != std::string_view::npos;
  if (model.head() == HeadKind::span && !pair)
    throw InputError("found a text without a tab, expected a question and a context with a tab between");
  EncodeOptions how;
  if (model.max_positions() > 0)
    how.truncation = Truncation{.max_length = static_cast<std::size_t>(model.max_positions())};
  const TextPair texts{text.substr(0, tab), pair ? std::optional(text.substr(tab + 1)) : std::nullopt};
  const std::vector<Token> tokens = asking.tokenizer.encode(texts, how).tokens;
  if (tokens.empty()) throw InputError("found a text without tokens: there is nothing to explain");
  Question asked;
  asked.task = "feature-extraction";
  for (const Token& token : tokens) {
    asked.explained.input.ids.push_back(token.id);
    if (pair) asked.explained.input.types.push_back(token.type);
  }
  asked.sides.push_back(side_of("text", text, tokens));
  if (model.has_decoder()) {
    // The decoder reads the same text, one token later.
    explain::TokenSide shifted = asked.sides[0];
    shifted.name = "shifted";
    shifted.tokens.pop_back();
    shifted.tokens.insert(shifted.tokens.begin(), {"<start>", -1, true, false});
    asked.sides.push_back(std::move(shifted));
  }
  const Reading reading{asking, model, tokens, text, asked};
  switch (model.head()) {
    case HeadKind::sequence:
      ask_label(reading);
      break;
    case HeadKind::tokens:
      ask_tags(reading);
      break;
    case HeadKind::span:
      ask_span(reading);
      break;
    case HeadKind::vocabulary:
      ask_masks(reading);
      break;
    case HeadKind::replaced:
      ask_replaced(reading);
      break;
    case HeadKind::none:
    case HeadKind::choices:
      break;
  }
  return asked;
}

}  // namespace regard::tasks
