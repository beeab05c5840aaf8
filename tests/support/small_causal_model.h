#pragma once

#include <filesystem>
#include <string>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/models/registry.h"

namespace regard::testing_support {

// A byte-level tokenizer without merges: a token for each character of ASCII, and <|end|>.
inline Json byte_tokenizer() {
  Json vocabulary = Json::object();
  const auto add = [&](const std::string& piece) {
    const auto id = vocabulary.size();
    vocabulary[piece] = id;
  };
  for (char c = '!'; c <= '~'; ++c) add(std::string(1, c));
  add("\u0120");  // a space
  add("\u010A");  // a line break
  add("\u00C3");  // the first byte of ä, ö, ü
  add("\u00A4");  // the second one of ä
  const auto end = vocabulary.size();
  const Json level{
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", Json::array({{{"id", end},
                                         {"content", "<|end|>"},
                                         {"single_word", false},
                                         {"lstrip", false},
                                         {"rstrip", false},
                                         {"normalized", false},
                                         {"special", true}}})},
          {"normalizer", nullptr},
          {"pre_tokenizer", level},
          {"post_processor", nullptr},
          {"decoder", level},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", false},
            {"vocab", vocabulary},
            {"merges", Json::array()}}}};
}

// A checkpoint of a GPT-2 with drawn weights: it writes, though nothing that makes sense.
inline void make_small_causal_model(const std::filesystem::path& folder) {
  const Json tokenizer = byte_tokenizer();
  const std::int64_t end = static_cast<std::int64_t>(tokenizer["model"]["vocab"].size());
  const Json config{{"model_type", "gpt2"},  {"architectures", {"GPT2LMHeadModel"}},
                    {"vocab_size", end + 1}, {"n_positions", 64},
                    {"n_embd", 16},          {"n_layer", 2},
                    {"n_head", 4},           {"bos_token_id", end},
                    {"eos_token_id", end},   {"initializer_range", 0.02}};
  const auto model = models::create(config, RandomKey{11});
  for (Parameter* p : model->parameters().all())  // far enough from zero for texts to differ
    if (p->shape().rank() == 2) {
      Tensor larger = p->value().clone();
      float* x = larger.mutable_view().as<float>();
      for (std::int64_t i = 0; i < larger.elements(); ++i) x[i] *= 12;
      p->set(larger);
    }
  models::save(*model, folder);
  write_atomically(folder / "tokenizer.json", to_pretty(tokenizer));
  write_atomically(folder / "generation_config.json",
                   to_pretty({{"bos_token_id", end}, {"eos_token_id", end}, {"max_new_tokens", 12}}));
}

}  // namespace regard::testing_support
