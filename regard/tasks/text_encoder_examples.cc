#include "regard/tasks/text_encoder_examples.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/tasks/encoding_loop.h"

namespace regard::tasks {
namespace {

struct Encoded {
  EncoderExample example;
  bool cut = false;
};

Encoded encoded(const TextPair& text, const Tokenizer& tokenizer, std::size_t most) {
  Encoded e;
  if (!text.second) {
    e.example.ids = tokenizer.encode_ids(text.first, TextSide::source);
    if (e.example.ids.size() <= most) return e;
  }
  const EncodeOptions cut{.truncation = Truncation{.max_length = most}};
  const Encoding found = tokenizer.encode(text, cut);
  return {encoder_example(found.tokens), !found.overflow.empty()};
}

}  // namespace

EncoderExample encoder_example(const std::vector<Token>& tokens) {
  EncoderExample example;
  bool typed = false;
  for (const Token& token : tokens) {
    example.ids.push_back(token.id);
    example.types.push_back(token.type);
    typed = typed || token.type != 0;
  }
  if (!typed) example.types.clear();
  return example;
}

EncoderExample side_by_side(std::span<const EncoderExample> texts) {
  EncoderExample all;
  for (const EncoderExample& text : texts) {
    all.ids.insert(all.ids.end(), text.ids.begin(), text.ids.end());
    if (!text.types.empty()) {
      all.types.resize(all.ids.size() - text.types.size());
      all.types.insert(all.types.end(), text.types.begin(), text.types.end());
    }
    all.ends.push_back(all.ids.size());
  }
  if (!all.types.empty()) all.types.resize(all.ids.size());
  return all;
}

EncoderBatch encoder_batch(std::span<const EncoderExample> examples, std::span<const std::uint32_t> rows) {
  EncoderBatch batch;
  batch.rows.assign(rows.begin(), rows.end());
  std::vector<std::int32_t> ids, types;
  for (const std::uint32_t row : rows) {
    const EncoderExample& e = examples[row];
    ids.insert(ids.end(), e.ids.begin(), e.ids.end());
    std::size_t begin = 0;
    for (const std::size_t end : e.ends.empty() ? std::vector<std::size_t>{e.ids.size()} : e.ends) {
      batch.tokens.layout.add(static_cast<std::int64_t>(end - begin));
      begin = end;
    }
    if (e.types.empty()) continue;
    types.resize(ids.size() - e.types.size());
    types.insert(types.end(), e.types.begin(), e.types.end());
  }
  const auto N = static_cast<std::int64_t>(ids.size());
  batch.tokens.ids = Tensor::from<std::int32_t>({N}, ids);
  if (types.empty()) return batch;
  types.resize(ids.size());
  batch.types = Tensor::from<std::int32_t>({N}, types);
  return batch;
}

data::SideLengths lengths_of(std::span<const EncoderExample> examples) {
  data::SideLengths lengths;
  for (const EncoderExample& e : examples) lengths.add(e.ids);
  return lengths;
}

EncodedTexts encode_texts(const TextsToEncode& texts, const Tokenizer& tokenizer,
                          const train::Surroundings& around) {
  EncodedTexts result;
  result.examples.resize(texts.count);
  result.was_cut.resize(texts.count);
  encode_each(around, texts.count, [&](std::size_t i) {
    Encoded e = encoded(texts.text(i), tokenizer, static_cast<std::size_t>(texts.max_tokens));
    result.examples[i] = std::move(e.example);
    result.was_cut[i] = e.cut ? 1 : 0;
  });
  return result;
}

std::int64_t EncodedTexts::cut() const { return std::count(was_cut.begin(), was_cut.end(), 1); }

void tell_cut(const EncodedTexts& texts, std::int64_t max_tokens, const std::string& what, const Log& log) {
  if (texts.cut() > 0)
    log.warning(fmt::format("{}: {} of {} texts are longer than {} tokens and are cut", what, texts.cut(),
                            texts.examples.size(), max_tokens));
}

}  // namespace regard::tasks
