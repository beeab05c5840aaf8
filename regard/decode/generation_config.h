#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"

namespace regard::decode {

using TokenIds = std::vector<std::int32_t>;

enum class EarlyStopping : std::uint8_t { no, yes, never };
enum class LengthNormalization : std::uint8_t { power, gnmt };  // regard/decode/ranking.h

// How the next token is drawn (regard/decode/sampling.h).
struct Sampling {
  double temperature = 1;   // above 0
  std::int64_t top_k = 50;  // 0: all
  double top_p = 1;         // 1: all
  double min_p = 0;         // of the likeliest token's probability; 0: all
};

// How a sequence is generated: the keys of a generation_config.json that decide something here. All lengths
// are in tokens and count the decoder's start token, or the prompt of a decoder-only model. Defaults are
// those of Hugging Face transformers.
struct GenerationConfig {
  std::optional<std::int64_t> max_length;
  std::optional<std::int64_t> max_new_tokens;  // wins over max_length
  std::int64_t min_length = 0;
  std::int64_t min_new_tokens = 0;
  int num_beams = 1;  // 1: greedy
  int num_return_sequences = 1;
  EarlyStopping early_stopping = EarlyStopping::no;
  double length_penalty = 1;
  double repetition_penalty = 1;
  std::int64_t no_repeat_ngram_size = 0;
  std::vector<TokenIds> bad_words_ids;
  TokenIds suppress_tokens, begin_suppress_tokens;
  TokenIds eos_token_id;
  std::vector<std::string> stop_strings;  // needs a tokenizer: regard/decode/stop_strings.h
  std::optional<std::int32_t> forced_bos_token_id;
  TokenIds forced_eos_token_id;
  std::int32_t decoder_start_token_id =
      -1;  // or bos_token_id; -1: neither is said, as decoder-only models may
  std::int32_t pad_token_id = -1;
  bool renormalize_logits = false;
  bool do_sample = false;  // draw; num_beams is 1 then, and num_return_sequences the samples of each source
  Sampling sampling;
  // Keys of our own, which transformers does not have.
  std::uint64_t seed = 0;  // of sampling
  LengthNormalization length_normalization = LengthNormalization::power;
  double word_penalty = 0;      // taken from the sum of log p for each token; negative: a reward
  double coverage_penalty = 0;  // beta of Wu et al. 2016; 0 or above

  // The longest result of a model with that many positions, for a decoder that begins with `prompt` given
  // tokens: what is said above, else 20 tokens after the prompt; never more than the positions allow.
  std::int64_t longest(std::int64_t max_positions, std::int64_t prompt = 1) const;
};

// Where the keys come from, the first named winning: `overrides` (null unsets a key), the directory's
// generation_config.json, its config.json (only the special tokens where the former exists). UsageError: an
// override that is no generation key (with a suggestion), of a wrong type, or that asks for what is not
// supported (sampling with beams); InputError: the same in a file, where unknown keys are allowed.
GenerationConfig generation_config(const std::filesystem::path& directory,
                                   const Json& overrides = Json::object());

}  // namespace regard::decode
