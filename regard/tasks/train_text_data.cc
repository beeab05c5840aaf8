#include "regard/tasks/train_text_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/tasks/encoding_loop.h"
#include "regard/tasks/train_tokenizer.h"
#include "regard/text/code_points.h"

namespace regard::tasks {
namespace {

constexpr std::size_t parts_at_once = 8192;                       // encoded by all threads together
constexpr std::uint64_t worth_showing = std::uint64_t{16} << 20;  // bytes of text; less is soon read

// Reads documents and shows how far it is.
class PartReader {
 public:
  PartReader(const data::TextFiles& files, const train::Surroundings& around, const char* label)
      : reader_(files, around.stop),
        progress_({.label = label,
                   .unit = "MB",
                   .total = static_cast<std::int64_t>(reader_.size() / 1000000),
                   .style = around.progress_style,
                   .sink = around.progress}) {}

  std::optional<data::TextPart> next() {
    const auto part = reader_.next();
    if (part && ++parts_ % 1024 == 0 && reader_.size() >= worth_showing)
      progress_.update(static_cast<std::int64_t>(reader_.bytes_read() / 1000000));
    return part;
  }

 private:
  data::DocumentReader reader_;
  Progress progress_;
  std::int64_t parts_ = 0;
};

class StreamEncoder {
 public:
  StreamEncoder(const Tokenizer& tokenizer, const train::Surroundings& around, data::TokenStream& stream)
      : tokenizer_(tokenizer), around_(around), stream_(stream), end_(tokenizer.special_ids().end) {}

  void add(const data::TextPart& part) {
    if (size_ == parts_.size()) parts_.emplace_back();
    parts_[size_].text.assign(part.text);
    parts_[size_++].ends_document = part.ends_document;
    if (size_ == parts_at_once) flush();
  }
  // The threads share the parts; their ids are added in their order.
  void flush() {
    encode_each(around_, size_, [&](std::size_t i) { encode(parts_[i]); });
    for (std::size_t i = 0; i < size_; ++i) stream_.add(parts_[i].ids);
    size_ = 0;
  }

 private:
  struct Part {
    std::string text;
    bool ends_document = false;
    std::vector<std::int32_t> ids;
  };

  void encode(Part& part) const {
    part.ids.clear();
    if (!part.text.empty()) {
      const TextPair text{part.text, std::nullopt};
      for (const Token& token : tokenizer_.encode(text, EncodeOptions{.special_tokens = false}).tokens)
        part.ids.push_back(token.id);
    }
    if (part.ends_document && end_) part.ids.push_back(*end_);
  }

  const Tokenizer& tokenizer_;
  const train::Surroundings& around_;
  data::TokenStream& stream_;
  std::optional<std::int32_t> end_;
  std::vector<Part> parts_;
  std::size_t size_ = 0;
};

}  // namespace

void learn_text_tokenizer(const data::TextFiles& files, const std::filesystem::path& folder,
                          const TokenizerWish& wish, const train::Surroundings& around) {
  if (wish.settings.vocab_type == "char") {
    PartReader reader(files, around, "reading");
    Characters characters;
    while (const auto part = reader.next())
      for (const std::uint32_t code : code_points(part->text)) characters.insert(code);
    around.log.info(fmt::format("a vocabulary of {} characters", characters.size()));
    return write_character_tokenizer(characters, folder, wish.use);
  }
  for (const auto& file : files.files)
    if (data::text_format(file) == data::TextFormat::jsonl)
      throw UsageError(
          fmt::format("{}: found JSON, but subwords are learned from plain text: `train tokenizer` "
                      "on such text, then --init, or --level char",
                      file.string()));
  TokenizerTraining training{files.files, folder, {}};
  training.settings.vocab_type = wish.settings.vocab_type;
  training.settings.vocab_size = wish.settings.vocab_size;
  training.settings.lowercase = wish.settings.lowercase;
  if (wish.use == TextUse::generation) training.settings.special_tokens = Json::array({"<|endoftext|>"});
  if (wish.use == TextUse::generation && wish.settings.vocab_type != "bpe")
    training.settings.special_tokens = Json::array({"<unk>", "<|endoftext|>"});
  const TokenizerOutcome found =
      train_tokenizer(training, {.threads = around.step.threads,
                                 .progress = {.style = around.progress_style, .sink = around.progress},
                                 .stop = around.stop});
  around.log.info(
      fmt::format("a vocabulary of {} tokens from {} different words", found.tokens, found.words));
}

data::TokenStream encode_documents(const data::TextFiles& files, const Tokenizer& tokenizer,
                                   std::unique_ptr<data::IdStore> store, const train::Surroundings& around) {
  data::TokenStream stream(std::move(store));
  StreamEncoder encoder(tokenizer, around, stream);
  PartReader reader(files, around, "encoding");
  while (const auto part = reader.next()) encoder.add(*part);
  encoder.flush();
  if (stream.size() < 2)
    throw InputError(fmt::format("{}: found {} tokens, expected text of two or more",
                                 files.files.front().string(), stream.size()));
  return stream;
}

}  // namespace regard::tasks
