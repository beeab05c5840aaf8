#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/models/registry.h"
#include "regard/text/marian_tokenizer.h"
#include "regard/text/subword_training.h"

namespace regard::testing_support {

inline const std::vector<std::string>& small_sentences() {
  static const std::vector<std::string> lines{
      "a man rides a brown horse",       "the dog runs over green grass",
      "two children play in the snow",   "ein mann reitet ein braunes pferd",
      "der hund rennt über grünes gras", "zwei kinder spielen im schnee"};
  return lines;
}

// A checkpoint with drawn weights and a tokenizer of its own: it translates, though not well.
inline void make_small_model(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t source = 0, target = 0;
  const auto& lines = small_sentences();
  const auto from = [&lines](std::size_t& at) -> LineSource {
    return [&lines, &at]() -> std::optional<std::string_view> {
      if (at == lines.size()) return std::nullopt;
      return lines[at++];
    };
  };
  SubwordOptions options;
  options.vocab_size = 60;
  train_marian_tokenizer({from(source), from(target)}, folder, options);
  const auto tokenizer = load_tokenizer(folder);
  const SpecialIds ids = tokenizer->special_ids();
  const std::int64_t vocabulary = tokenizer->vocabulary_size(TextSide::source);
  const Json config{{"model_type", "marian"},        {"architectures", {"MarianMTModel"}},
                    {"vocab_size", vocabulary},      {"d_model", 16},
                    {"encoder_layers", 1},           {"decoder_layers", 2},
                    {"encoder_attention_heads", 2},  {"decoder_attention_heads", 4},
                    {"encoder_ffn_dim", 32},         {"decoder_ffn_dim", 32},
                    {"activation_function", "relu"}, {"scale_embedding", true},
                    {"max_position_embeddings", 48}, {"pad_token_id", *ids.padding},
                    {"eos_token_id", *ids.end},      {"decoder_start_token_id", *ids.padding}};
  models::save(*models::create(config, RandomKey{7}), folder);
  write_atomically(folder / "generation_config.json",
                   to_pretty({{"decoder_start_token_id", *ids.padding},
                              {"eos_token_id", *ids.end},
                              {"pad_token_id", *ids.padding},
                              {"bad_words_ids", Json::array({Json::array({*ids.padding})})},
                              {"max_length", 20},
                              {"num_beams", 2}}));
}

}  // namespace regard::testing_support
