#include "regard/text/training/tokenizer_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "regard/base/error.h"

namespace regard {
namespace {

std::string quoted(const std::string& text) { return to_line(Json(text)); }
std::string or_null(const std::string& text) { return text.empty() ? "null" : quoted(text); }

// One entry a line, by id, as people read it.
std::string vocabulary_text(const std::vector<std::string>& tokens) {
  std::string text = "{";
  for (std::size_t id = 0; id < tokens.size(); ++id)
    text += fmt::format("{}\n      {}: {}", id == 0 ? "" : ",", quoted(tokens[id]), id);
  return text + "\n    }";
}

std::string bpe_text(const BytePairs& learned, const TokenizerPlan& plan) {
  std::string text = fmt::format(
      "{{\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": {},\n"
      "    \"continuing_subword_prefix\": {},\n    \"end_of_word_suffix\": {},\n    \"fuse_unk\": false,\n"
      "    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {},\n    \"merges\": [",
      or_null(plan.unk_token), or_null(plan.pairs.continuing_subword_prefix),
      or_null(plan.pairs.end_of_word_suffix), vocabulary_text(learned.tokens));
  for (std::size_t i = 0; i < learned.merges.size(); ++i)
    text += fmt::format("{}\n      [{}, {}]", i == 0 ? "" : ",", quoted(learned.merges[i].first),
                        quoted(learned.merges[i].second));
  return text + "\n    ]\n  }";
}

std::string word_piece_text(const BytePairs& learned, const TokenizerPlan& plan) {
  return fmt::format(
      "{{\n    \"type\": \"WordPiece\",\n    \"unk_token\": {},\n    \"continuing_subword_prefix\": {},\n"
      "    \"max_input_chars_per_word\": 100,\n    \"vocab\": {}\n  }}",
      quoted(plan.unk_token), quoted(plan.pairs.continuing_subword_prefix), vocabulary_text(learned.tokens));
}

std::string unigram_text(const UnigramPieces& pieces, const TokenizerPlan& plan) {
  std::size_t unknown = 0;
  while (unknown < pieces.size() && pieces[unknown].first != plan.unigram.unk_token) ++unknown;
  std::string text =
      fmt::format("{{\n    \"type\": \"Unigram\",\n    \"unk_id\": {},\n    \"vocab\": [", unknown);
  for (std::size_t i = 0; i < pieces.size(); ++i)
    text += fmt::format("{}\n      [{}, {}]", i == 0 ? "" : ",", quoted(pieces[i].first),
                        to_line(Json(pieces[i].second)));
  return text + "\n    ],\n    \"byte_fallback\": false\n  }";
}

// The special tokens as they stand in the vocabulary, in which they have the first ids.
std::string added_text(const TokenizerPlan& plan, std::size_t first) {
  std::string text = "[";
  std::size_t id = first;
  for (const std::string& token : plan.special_tokens()) {
    text += fmt::format("{}\n    {}", id == first ? "" : ",",
                        to_line({{"id", id},
                                 {"content", token},
                                 {"single_word", false},
                                 {"lstrip", false},
                                 {"rstrip", false},
                                 {"normalized", false},
                                 {"special", true}}));
    ++id;
  }
  return text + (id == first ? "]" : "\n  ]");
}

}  // namespace

std::string train_tokenizer(const std::vector<CountedWord>& words, const TokenizerPlan& plan,
                            const std::function<void(std::int64_t)>& learned) {
  std::string model;
  std::size_t first = 0;
  if (plan.type == VocabularyType::unigram) {
    model = unigram_text(train_unigram(words, plan.unigram), plan);
    const auto& special = plan.unigram.special_tokens;
    first = std::find(special.begin(), special.end(), plan.unigram.unk_token) == special.end() ? 1 : 0;
  } else {
    const BytePairs pairs = train_byte_pairs(words, plan.pairs, learned);
    model = plan.type == VocabularyType::bpe ? bpe_text(pairs, plan) : word_piece_text(pairs, plan);
  }
  return fmt::format(
      "{{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n  \"added_tokens\": {},\n"
      "  \"normalizer\": {},\n  \"pre_tokenizer\": {},\n  \"post_processor\": {},\n  \"decoder\": {},\n"
      "  \"model\": {}\n}}\n",
      added_text(plan, first), to_line(plan.normalizer), to_line(plan.pre_tokenizer),
      to_line(plan.post_processor), to_line(plan.decoder), model);
}

}  // namespace regard
