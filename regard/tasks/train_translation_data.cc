#include "regard/tasks/train_translation_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/tasks/encoding_loop.h"
#include "regard/text/subword_training.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t lines_at_once = 8192;                       // encoded by all threads together
constexpr std::uint64_t worth_showing = std::uint64_t{16} << 20;  // bytes of text; less is soon read

// Reads training text and shows how far it is.
class TextReader {
 public:
  TextReader(const data::ParallelFiles& files, const train::Surroundings& around, const char* label)
      : reader_(files, around.stop),
        progress_({.label = label,
                   .unit = "MB",
                   .total = megabytes(reader_.size()),
                   .style = around.progress_style,
                   .sink = around.progress}) {}

  std::optional<data::ParallelLine> next() {
    const auto line = reader_.next();
    if (!line) return line;
    if (++pairs_ % 1024 == 0 && (reader_.size() == 0 || reader_.size() >= worth_showing))
      progress_.update(megabytes(reader_.bytes_read()), count_text(static_cast<double>(pairs_)) + " pairs");
    return line;
  }
  const data::BadLines& bad() const { return reader_.bad(); }

 private:
  static std::int64_t megabytes(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes / 1000000); }

  data::ParallelReader reader_;
  Progress progress_;
  std::int64_t pairs_ = 0;
};

// One side's lines of a text, or of a sample of its pairs. Both sides draw the same pairs.
class SampledSide {
 public:
  struct Size {
    std::int64_t pairs, sample;
  };
  SampledSide(TextReader& reader, TextSide side, const Size& size)
      : reader_(reader), side_(side), left_(size), random_(RandomKey{0x766f636162ULL}) {}

  std::optional<std::string_view> next() {
    while (const auto line = reader_.next()) {
      if (!taken()) continue;
      return side_ == TextSide::source ? line->source : line->target;
    }
    return std::nullopt;
  }

 private:
  // Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S: `sample` of the pairs, in their
  // order, every choice equally likely.
  bool taken() {
    if (left_.pairs <= 0 || left_.sample >= left_.pairs) return true;
    const auto below = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(left_.pairs)));
    --left_.pairs;
    if (below >= left_.sample) return false;
    --left_.sample;
    return true;
  }

  TextReader& reader_;
  TextSide side_;
  Size left_;
  RandomStream random_;
};

// Pairs of lines that are encoded together, their memory used again.
struct LineBlock {
  std::vector<std::string> sources, targets;
  std::size_t size = 0;
  void add(std::string_view source, std::string_view target) {
    if (size == sources.size()) {
      sources.emplace_back();
      targets.emplace_back();
    }
    sources[size].assign(source);
    targets[size++].assign(target);
  }
};

class PairEncoder {
 public:
  // Sources of more than `limit` ids are cut; 0: none. A side of no more than `empty` ids has no text.
  struct How {
    std::int64_t limit = 0;
    std::size_t empty = 1;
  };
  PairEncoder(const Tokenizer& tokenizer, const How& how, const train::Surroundings& around)
      : tokenizer_(tokenizer), how_(how), around_(around) {}

  // The threads share the lines; the pairs are added in their order.
  void encode(const LineBlock& block, data::Pairs& pairs) {
    ids_.resize(std::max(ids_.size(), block.size));
    encode_each(around_, block.size, [&](std::size_t i) {
      ids_[i].source = tokenizer_.encode_ids(block.sources[i], TextSide::source);
      ids_[i].target = tokenizer_.encode_ids(block.targets[i], TextSide::target);
      for (std::vector<std::int32_t>* side : {&ids_[i].source, &ids_[i].target})
        if (side->size() <= how_.empty) side->clear();
    });
    for (std::size_t i = 0; i < block.size; ++i) {
      if (how_.limit > 0 && static_cast<std::int64_t>(ids_[i].source.size()) > how_.limit) {
        cut_source(ids_[i].source, how_.limit);
        ++cut_;
      }
      pairs.add(ids_[i].source, ids_[i].target);
    }
  }
  std::int64_t cut() const { return cut_; }

 private:
  const Tokenizer& tokenizer_;
  How how_;
  std::int64_t cut_ = 0;
  const train::Surroundings& around_;
  std::vector<data::PairIds> ids_;
};

void tell_bad(const data::BadLines& bad, const Log& log) {
  if (bad.count == 0) return;
  log.warning(fmt::format("{} line{} cannot be used and {} skipped; the first: {}", bad.count,
                          bad.count == 1 ? "" : "s", bad.count == 1 ? "is" : "are", bad.first));
}

void encode_files(const data::ParallelFiles& files, PairEncoder& encoder, TranslationData& data,
                  const train::Surroundings& around) {
  TextReader reader(files, around, "encoding");
  LineBlock block;
  while (const auto line = reader.next()) {
    block.add(line->source, line->target);
    if (block.size < lines_at_once) continue;
    encoder.encode(block, data.train);
    block.size = 0;
  }
  encoder.encode(block, data.train);
  data.cut_sources = encoder.cut();
  data.bad_lines = reader.bad().count;
  tell_bad(reader.bad(), around.log);
}

void encode_text(const data::ParallelText& text, PairEncoder& encoder, data::Pairs& pairs) {
  for (std::size_t begin = 0; begin < text.sources.size(); begin += lines_at_once) {
    LineBlock block;
    for (std::size_t i = begin; i < std::min(text.sources.size(), begin + lines_at_once); ++i)
      block.add(text.sources[i], text.targets[i]);
    encoder.encode(block, pairs);
  }
}

// Learning takes about 4 bytes of memory a byte of text for BPE, 23 for a unigram model (which sorts all ends
// of all lines): some 250 MB.
std::int64_t sample_of(const TextSize& text, const TranslationSettings& settings) {
  if (settings.vocab_sample_lines > 0) return std::min(settings.vocab_sample_lines, text.pairs);
  const std::int64_t most_bytes = settings.vocab_type == "unigram" ? 12'000'000 : 64'000'000;
  if (text.bytes <= most_bytes) return text.pairs;
  const double share = static_cast<double>(most_bytes) / static_cast<double>(text.bytes);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(share * static_cast<double>(text.pairs)));
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

void tell_cut(std::int64_t cut, const TranslationData& data, const Log& log) {
  if (cut > 0) log.info(fmt::format("{} sources are cut after {} tokens", cut, data.source_limit));
}

std::int32_t required(const std::optional<std::int32_t>& id, const char* what) {
  if (!id)
    throw InputError(fmt::format("the tokenizer has no {} token, which an encoder-decoder needs", what));
  return *id;
}

}  // namespace

TranslationTexts read_texts(const TranslationTraining& training, const train::Surroundings& around) {
  TranslationTexts texts{training.train, {}};
  if (!training.valid.empty()) texts.valid = data::read_parallel(training.valid, around.stop);
  tell_bad(texts.valid.bad, around.log);
  return texts;
}

TextSize count_pairs(const data::ParallelFiles& files, const train::Surroundings& around) {
  for (const data::ParallelFile& file : files.files) {
    for (const fs::path& path : {file.source, file.target}) {
      if (path.empty() ||
          (path != "-" && (!fs::exists(path) || fs::is_directory(path) || fs::is_regular_file(path))))
        continue;
      throw UsageError(
          fmt::format("{}: found a pipe, expected a file: the training text is read more than "
                      "once where a vocabulary is learned from it",
                      path.string()));
    }
  }
  TextReader reader(files, around, "reading");
  TextSize size;
  while (const auto line = reader.next()) {
    ++size.pairs;
    size.bytes += static_cast<std::int64_t>(line->source.size() + line->target.size());
  }
  return size;
}

void learn_tokenizer(const VocabularyText& text, const fs::path& folder, const TranslationSettings& settings,
                     const train::Surroundings& around) {
  SubwordOptions options;
  options.type = settings.vocab_type == "unigram" ? SubwordType::unigram : SubwordType::bpe;
  options.vocab_size = settings.vocab_size;
  options.joint = settings.joint_vocab;
  const SampledSide::Size size{text.size.pairs, sample_of(text.size, settings)};
  around.log.info(fmt::format("learning {} {} vocabulary of {} from {} pairs of lines{}",
                              options.joint ? "a joint" : "a separate", settings.vocab_type,
                              settings.vocab_size, size.sample,
                              size.sample < size.pairs ? fmt::format(", a sample of {}", size.pairs) : ""));
  TextReader source_text(text.files, around, "reading sources"),
      target_text(text.files, around, "reading targets");
  SampledSide sources(source_text, TextSide::source, size), targets(target_text, TextSide::target, size);
  train_marian_tokenizer({[&] { return sources.next(); }, [&] { return targets.next(); }}, folder, options);
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
  if (options.folder.empty()) {
    data.train = data::Pairs(limits);
  } else {
    const std::int64_t vocabulary =
        std::max(tokenizer.vocabulary_size(TextSide::source), tokenizer.vocabulary_size(TextSide::target));
    data.train = data::Pairs(limits, data::ids_in_file(options.folder, vocabulary));
  }
  if (options.cut_sources) data.source_limit = limits.source_length;
  PairEncoder encoder(tokenizer, {data.source_limit, options.tokens_of_empty}, around);
  encode_files(texts.train, encoder, data, around);
  tell_skipped(data.train, "training", around.log);
  tell_cut(data.cut_sources, data, around.log);
  if (data.train.size() == 0)
    throw InputError(fmt::format("no pair is left to train with: {}", data.train.skipped().to_string()));
  if (texts.valid.sources.empty()) return data;
  data.valid = data::Pairs({options.positions, options.positions, 0});
  encode_text(texts.valid, encoder, data.valid);
  data.cut_valid_sources = encoder.cut() - data.cut_sources;
  tell_skipped(data.valid, "validation", around.log);
  tell_cut(data.cut_valid_sources, data, around.log);
  if (data.valid.size() == 0)
    throw InputError(fmt::format("no pair is left to validate with: {}", data.valid.skipped().to_string()));
  data.valid_text = std::move(texts.valid);
  return data;
}

}  // namespace regard::tasks
