#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "regard/data/pairs.h"
#include "regard/models/text_encoder.h"
#include "regard/tensor/token_batch.h"
#include "regard/text/tokenizer.h"
#include "regard/train/loop.h"

// Texts as a text encoder reads them.

namespace regard::tasks {

struct EncoderExample {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> types;  // of the tokens; empty: all zero
  std::vector<std::size_t> ends;    // of texts that are read each by itself; empty: it is one text
};

// Texts one after another as one example, each to be read by itself.
EncoderExample side_by_side(std::span<const EncoderExample> texts);

// The ids and types of encoded tokens, for tasks that look at the tokens themselves.
EncoderExample encoder_example(const std::vector<Token>& tokens);

// Examples one after another, without padding; a sequence for each of their texts.
struct EncoderBatch {
  TokenBatch tokens;
  Tensor types;                     // i32 [N]; absent: all zero
  std::vector<std::uint32_t> rows;  // the examples' numbers
  models::EncoderInputs inputs() const { return {.tokens = &tokens, .types = types}; }
};
EncoderBatch encoder_batch(std::span<const EncoderExample> examples, std::span<const std::uint32_t> rows);

// Lengths and checksum.
data::SideLengths lengths_of(std::span<const EncoderExample> examples);

// Single texts, or pairs of them, to be framed as the tokenizer frames them and cut to `max_tokens`.
struct TextsToEncode {
  std::size_t count = 0;
  std::function<TextPair(std::size_t)> text;  // called from several threads
  std::int64_t max_tokens = 0;
};
struct EncodedTexts {
  std::vector<EncoderExample> examples;
  std::vector<char> was_cut;  // by text: 1 where it was longer
  std::int64_t cut() const;   // how many
};
// The same at any number of threads. UsageError: the tokenizer knows no pairs, or max_tokens leaves no room.
EncodedTexts encode_texts(const TextsToEncode& texts, const Tokenizer& tokenizer,
                          const train::Surroundings& around);

// One warning where texts were cut; `what`: "training".
void tell_cut(const EncodedTexts& texts, std::int64_t max_tokens, const std::string& what, const Log& log);

}  // namespace regard::tasks
