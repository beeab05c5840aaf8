#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/decode/search.h"
#include "regard/explain/answers.h"
#include "regard/models/causal_model.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tasks/explain_question.h"

// What a model that writes is asked: each token of what it wrote, or of what it is given to have written.

namespace regard::tasks {
namespace {

using decode::TokenIds;

// At most so many, of which the last stays.
void cut(std::vector<Token>& tokens, std::int64_t most) {
  if (static_cast<std::int64_t>(tokens.size()) <= most) return;
  const bool ends = tokens.back().special;
  if (ends) tokens[static_cast<std::size_t>(most) - 1] = tokens.back();
  tokens.resize(static_cast<std::size_t>(most));
}

TokenIds ids_of(const std::vector<Token>& tokens) {
  TokenIds ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

// What a text adds to the tokens of a prompt: those from where both texts' tokens differ.
TokenIds continuation(const Asking& asking, const std::string& prompt, const std::string& text) {
  TokenIds all = asking.tokenizer.encode_ids(prompt + text, TextSide::source);
  const TokenIds before = asking.tokenizer.encode_ids(prompt, TextSide::source);
  const auto same = std::mismatch(before.begin(), before.end(), all.begin(), all.end());
  if (same.first == before.end() && same.second != all.end()) return {same.second, all.end()};
  // The prompt's last token became another: what is added is taken by itself.
  TokenIds own;
  for (const Token& token :
       asking.tokenizer.encode(TextPair{text, std::nullopt}, {.special_tokens = false}).tokens)
    own.push_back(token.id);
  return own;
}

// The likeliest tokens, one after another.
TokenIds written_by(const Asking& asking, const models::CausalModel& model, TokenIds ids) {
  const std::size_t prompt = ids.size();
  const explain::Subject subject(model, asking.step);
  const auto end = asking.tokenizer.special_ids().end;
  while (static_cast<std::int64_t>(ids.size() - prompt) < asking.options.written &&
         static_cast<std::int64_t>(ids.size()) < model.max_positions()) {
    Step step(asking.step);
    const explain::ModelInput input{ids};
    const auto best = explain::answers_of(subject.pass(step, std::span(&input, 1)),
                                          {{static_cast<std::int64_t>(ids.size()) - 1}, {}, 1});
    ids.push_back(static_cast<std::int32_t>(best[0][0].column));
    if (end && ids.back() == *end) break;
  }
  return {ids.begin() + static_cast<std::ptrdiff_t>(prompt), ids.end()};
}

}  // namespace

Question ask_decoder(const Asking& asking, std::string_view text) {
  const auto& model = dynamic_cast<const models::CausalModel&>(asking.model);
  Question asked;
  asked.task = model.has_vocabulary() ? "text-generation" : "feature-extraction";
  std::vector<Token> tokens = asking.tokenizer.encode(text, TextSide::source);
  if (tokens.empty())
    if (const auto begin = asking.tokenizer.special_ids().begin)
      tokens.push_back({.id = *begin, .piece = asking.tokenizer.piece(*begin), .special = true});
  if (tokens.empty()) throw InputError("found a text without tokens: there is nothing to explain");
  cut(tokens, model.max_positions());
  explain::ModelInput& input = asked.explained.input;
  input.ids = ids_of(tokens);
  const ExplainOptions& options = asking.options;
  TokenIds written;
  if (model.has_vocabulary()) {
    written = options.target.empty() ? written_by(asking, model, input.ids)
                                     : continuation(asking, std::string(text), options.target);
    WrittenTokens answers{written, {}, static_cast<std::int64_t>(input.ids.size()) - 1};
    if (!options.contrast.empty())
      answers.against = continuation(asking, std::string(text), options.contrast);
    if (static_cast<std::int64_t>(input.ids.size() + written.size()) - 1 > model.max_positions())
      throw InputError(fmt::format("found {} tokens with the continuation, expected at most {}",
                                   input.ids.size() + written.size() - 1, model.max_positions()));
    asked.answers = token_answers(asking, answers);
    asked.result = asking.tokenizer.decode(written);
  }
  asked.sides.push_back(side_of("text", text, tokens));
  // What it read while it wrote: all but the last.
  if (written.size() > 1) {
    TokenIds read(written.begin(), written.end() - 1);
    input.ids.insert(input.ids.end(), read.begin(), read.end());
    for (auto& token : side_of_ids("", read, asking.tokenizer).tokens)
      asked.sides[0].tokens.push_back(std::move(token));
  }
  return asked;
}

Question ask_encoder_decoder(const Asking& asking, std::string_view text) {
  const auto& model = dynamic_cast<const models::SequenceToSequence&>(asking.model);
  Question asked;
  asked.task = "translation";
  std::vector<Token> tokens = asking.tokenizer.encode(text, TextSide::source);
  cut(tokens, model.max_positions());
  if (tokens.empty()) throw InputError("found a text without tokens: there is nothing to explain");
  explain::ModelInput& input = asked.explained.input;
  input.ids = ids_of(tokens);
  asked.sides.push_back(side_of("source", text, tokens));

  const ExplainOptions& options = asking.options;
  decode::GenerationConfig config = decode::generation_config(asking.directory);
  if (!config.max_length && !config.max_new_tokens) config.max_length = model.max_positions();
  const auto encoded = [&](const std::string& target) {
    std::vector<Token> of = asking.tokenizer.encode(target, TextSide::target);
    cut(of, model.max_positions() - 1);
    return ids_of(of);
  };
  TokenIds written;
  std::int32_t start = config.decoder_start_token_id;
  if (options.target.empty()) {
    Step step(asking.step);
    const TokenIds found =
        decode::search(model, step, {input.ids}, {config, options.attribution.cancelled})[0][0].ids;
    start = found.front();
    written.assign(found.begin() + 1, found.end());
  } else {
    written = encoded(options.target);
    if (model.decoder_start() == models::DecoderStart::last_token && !written.empty()) start = written.back();
  }
  if (start < 0 || written.empty()) throw InputError("found nothing written, expected a text to explain");
  input.prefix = {start};
  input.prefix.insert(input.prefix.end(), written.begin(), written.end() - 1);
  if (model.has_vocabulary_head()) {
    WrittenTokens answers{written, {}, 0};
    if (!options.contrast.empty()) answers.against = encoded(options.contrast);
    asked.answers = token_answers(asking, answers);
  }
  asked.result = asking.tokenizer.decode(written);
  asked.sides.push_back(side_of_ids("target", input.prefix, asking.tokenizer));
  asked.sides[1].tokens[0].special = true;
  return asked;
}

}  // namespace regard::tasks
