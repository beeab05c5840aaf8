#include "regard/text/subword_training.h"

#include <fmt/format.h>
#include <sentencepiece_trainer.h>

#include <cstdio>
#include <exception>
#include <string>
#include <unordered_map>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/text/sentence_piece.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

// Hands lines to the library. What they throw must not pass through it: it is kept and thrown afterwards.
class Lines final : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(const LineSource& source) : source_(source) { advance(); }

  bool done() const override { return done_; }
  void Next() override { advance(); }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void advance() {
    if (done_) return;
    try {
      if (const auto line = source_()) {
        line_ = replace_invalid_utf8(*line);
        return;
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
    done_ = true;
  }

  const LineSource& source_;
  std::string line_;
  std::exception_ptr failure_;
  bool done_ = false;
};

[[noreturn]] void refuse(const std::string& message, const SubwordOptions& options) {
  // The library's words are the only place where it tells how many characters there are.
  const std::size_t at = message.find("required_chars. ");
  long long asked = 0;
  long long needed = 0;
  if (at != std::string::npos &&
      std::sscanf(message.c_str() + at, "required_chars. %lld vs %lld", &asked, &needed) == 2) {
    throw InputError(
        fmt::format("vocab_size: found {}, expected at least {}: the different characters of the text and 3 "
                    "special tokens",
                    options.vocab_size, needed));
  }
  throw InputError(fmt::format("no subwords can be learned from the text: {}", printable(message, 300)));
}

std::string vocabulary_text(const SentencePiece& model) {
  // By id, as people read it.
  std::string text = "{";
  for (int id = 0; id < model.size(); ++id) {
    text += fmt::format("{}\n  {}: {}", id == 0 ? "" : ",", to_line(Json(model.piece(id))), id);
  }
  return text + "\n}\n";
}

}  // namespace

std::string train_subwords(const LineSource& lines, const SubwordOptions& options) {
  if (options.vocab_size < 4 || options.vocab_size > 1'000'000) {
    throw UsageError(fmt::format("vocab_size: found {}, expected 4 to 1000000", options.vocab_size));
  }
  Lines iterator(lines);
  if (iterator.done()) {
    iterator.rethrow();
    throw InputError("no subwords can be learned: the text has no lines");
  }
  const std::unordered_map<std::string, std::string> settings = {
      {"model_type", options.type == SubwordType::bpe ? "bpe" : "unigram"},
      {"vocab_size", std::to_string(options.vocab_size)},
      {"hard_vocab_limit", "false"},
      {"character_coverage", "1.0"},
      {"eos_id", "0"},
      {"unk_id", "1"},
      {"pad_id", "2"},
      {"bos_id", "-1"},
      {"max_sentence_length", "65536"},
      // Sums are split among this many threads: the number is part of the result, the machine's is not.
      {"num_threads", "4"},
      {"minloglevel", "3"},
  };
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(settings, &iterator, &model);
  iterator.rethrow();
  if (!status.ok()) refuse(status.message(), options);
  return model;
}

void train_marian_tokenizer(const ParallelLines& lines, const std::filesystem::path& folder,
                            const SubwordOptions& options) {
  std::string source;
  std::string target;
  if (options.joint) {
    bool on_source = true;
    const LineSource both = [&]() -> std::optional<std::string_view> {
      if (on_source) {
        if (auto line = lines.source()) return line;
        on_source = false;
      }
      return lines.target();
    };
    source = train_subwords(both, options);
    target = source;
  } else {
    source = train_subwords(lines.source, options);
    target = train_subwords(lines.target, options);
  }
  Json config = {{"tokenizer_class", "MarianTokenizer"},
                 {"unk_token", "<unk>"},
                 {"eos_token", "</s>"},
                 {"pad_token", "<pad>"},
                 {"model_max_length", 512},
                 {"separate_vocabs", !options.joint},
                 {"clean_up_tokenization_spaces", false},
                 {"sp_model_kwargs", Json::object()}};
  if (!options.source_language.empty()) config["source_lang"] = options.source_language;
  if (!options.target_language.empty()) config["target_lang"] = options.target_language;
  write_atomically(folder / "source.spm", source);
  write_atomically(folder / "target.spm", target);
  write_atomically(folder / "vocab.json", vocabulary_text(SentencePiece::from_bytes(source, "source.spm")));
  if (!options.joint) {
    write_atomically(folder / "target_vocab.json",
                     vocabulary_text(SentencePiece::from_bytes(target, "target.spm")));
  }
  write_atomically(folder / "tokenizer_config.json", to_pretty(config));
}

}  // namespace regard
