#include "regard/tasks/train_translation_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/subword_training.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

using Ids = std::vector<std::vector<std::int32_t>>;

constexpr std::size_t lines_at_once = 8192;  // between two questions whether to stop
constexpr std::size_t chunk = 64;            // lines a thread takes

LineSource lines_of(const std::vector<std::string>& lines) {
  return [&lines, next = std::size_t{0}]() mutable -> std::optional<std::string_view> {
    if (next == lines.size()) return std::nullopt;
    return lines[next++];
  };
}

// Encodes one side's lines begin .. end - 1, the threads sharing them.
struct LineEncoder {
  const Tokenizer& tokenizer;
  const ThreadPool& threads;
  TextSide side;

  Ids operator()(const std::vector<std::string>& lines, std::size_t begin, std::size_t end) const {
    Ids ids(end - begin);
    const std::size_t chunks = (ids.size() + chunk - 1) / chunk;
    threads.run(static_cast<std::int64_t>(chunks), [&](std::int64_t c) {
      const std::size_t first = static_cast<std::size_t>(c) * chunk,
                        last = std::min(ids.size(), first + chunk);
      for (std::size_t i = first; i < last; ++i) ids[i] = tokenizer.encode_ids(lines[begin + i], side);
    });
    return ids;
  }
};

data::Pairs encode_pairs(const data::ParallelText& text, const Tokenizer& tokenizer,
                         const data::PairLimits& limits, const train::Surroundings& around) {
  data::Pairs pairs(limits);
  const LineEncoder encode_source{tokenizer, *around.step.threads, TextSide::source};
  const LineEncoder encode_target{tokenizer, *around.step.threads, TextSide::target};
  for (std::size_t begin = 0; begin < text.sources.size(); begin += lines_at_once) {
    if (around.stop && around.stop()) throw Interrupted("interrupted while tokenizing");
    const std::size_t end = std::min(text.sources.size(), begin + lines_at_once);
    const Ids sources = encode_source(text.sources, begin, end),
              targets = encode_target(text.targets, begin, end);
    for (std::size_t i = 0; i < sources.size(); ++i) pairs.add(sources[i], targets[i]);
  }
  return pairs;
}

std::int64_t least_limit(std::initializer_list<std::int64_t> limits) {
  std::int64_t least = 0;
  for (const std::int64_t limit : limits)
    if (limit > 0 && (least == 0 || limit < least)) least = limit;
  return least;
}

void tell_skipped(const data::Pairs& pairs, const char* what, const Log& log) {
  const std::string skipped = pairs.skipped().total() > 0 ? ", skipped: " + pairs.skipped().to_string() : "";
  log.info(fmt::format("{}: {} pairs, {} source and {} target tokens{}", what, pairs.size(),
                       pairs.sources().tokens(), pairs.targets().tokens(), skipped));
}

std::int32_t required(const std::optional<std::int32_t>& id, const char* what) {
  if (!id)
    throw InputError(fmt::format("the tokenizer has no {} token, which a translation model needs", what));
  return *id;
}

}  // namespace

TranslationTexts read_texts(const TranslationTraining& training, const train::Surroundings& around) {
  TranslationTexts texts{data::read_parallel(training.train, around.stop), {}};
  if (!training.valid.empty()) texts.valid = data::read_parallel(training.valid, around.stop);
  return texts;
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  for (const char* name : {"source.spm", "target.spm", "vocab.json", "target_vocab.json",
                           "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"})
    if (fs::exists(from / name)) write_atomically(to / name, read_text(from / name));
}

void learn_tokenizer(const TranslationTexts& texts, const fs::path& folder,
                     const TranslationSettings& settings) {
  SubwordOptions options;
  options.type = settings.vocab_type == "unigram" ? SubwordType::unigram : SubwordType::bpe;
  options.vocab_size = settings.vocab_size;
  options.joint = settings.joint_vocab;
  train_marian_tokenizer({lines_of(texts.train.sources), lines_of(texts.train.targets)}, folder, options);
}

Json complete_config(const Json& config, const Tokenizer& tokenizer, const TranslationSettings& settings) {
  const SpecialIds ids = tokenizer.special_ids();
  const std::int32_t end = required(ids.end, "end"), padding = required(ids.padding, "padding");
  Json full = config;
  full["vocab_size"] = tokenizer.vocabulary_size(TextSide::source);
  full["decoder_vocab_size"] = tokenizer.vocabulary_size(TextSide::target);
  full["share_encoder_decoder_embeddings"] = settings.joint_vocab;
  full["pad_token_id"] = padding;
  full["eos_token_id"] = end;
  full["decoder_start_token_id"] = padding;
  full["forced_eos_token_id"] = end;
  return full;
}

TranslationData encode_texts(TranslationTexts texts, const Tokenizer& tokenizer,
                             const EncodingOptions& options, const train::Surroundings& around) {
  const std::int64_t most = least_limit({options.positions, options.batch_tokens});
  data::PairLimits limits;
  limits.source_length = least_limit({most, options.settings.max_source_length});
  limits.target_length = least_limit({most, options.settings.max_target_length});
  limits.ratio = options.settings.max_length_ratio;
  TranslationData data;
  data.train = encode_pairs(texts.train, tokenizer, limits, around);
  tell_skipped(data.train, "training", around.log);
  if (data.train.size() == 0)
    throw InputError(fmt::format("no pair is left to train with: {}", data.train.skipped().to_string()));
  if (texts.valid.sources.empty()) return data;
  data.valid = encode_pairs(texts.valid, tokenizer, {options.positions, options.positions, 0}, around);
  tell_skipped(data.valid, "validation", around.log);
  if (data.valid.size() == 0)
    throw InputError(fmt::format("no pair is left to validate with: {}", data.valid.skipped().to_string()));
  data.valid_text = std::move(texts.valid);
  return data;
}

}  // namespace regard::tasks
