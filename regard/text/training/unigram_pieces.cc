#include "regard/text/training/unigram_pieces.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <unordered_map>

#include "regard/base/error.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

// What the library's format cannot hold inside a word; words are cut there.
constexpr std::string_view cuts("\t\n\r\0", 4);

// A word and its number a line, for the library.
class CountedLines final : public sentencepiece::SentenceIterator {
 public:
  explicit CountedLines(const std::vector<CountedWord>& words) : words_(words) { advance(); }

  bool done() const override { return line_.empty(); }
  void Next() override { advance(); }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void advance() {
    line_.clear();
    while (line_.empty() && word_ < words_.size()) {
      const std::string& text = words_[word_].text;
      const std::size_t end = std::min(text.find_first_of(cuts, begin_), text.size());
      if (begin_ < end)
        line_ =
            fmt::format("{}\t{}", std::string_view(text).substr(begin_, end - begin_), words_[word_].count);
      begin_ = end + 1;
      if (end == text.size()) {
        begin_ = 0;
        ++word_;
      }
    }
  }

  const std::vector<CountedWord>& words_;
  std::size_t word_ = 0, begin_ = 0;
  std::string line_;
};

// Those of the characters at which words are cut that occur.
std::string cuts_in(const std::vector<CountedWord>& words) {
  std::string found;
  for (const char c : cuts.substr(0, 3))  // a NUL is no piece
    if (std::any_of(words.begin(), words.end(),
                    [&](const CountedWord& w) { return w.text.find(c) != std::string::npos; }))
      found += c;
  return found;
}

[[noreturn]] void refuse(const std::string& message, std::int64_t specials) {
  const std::size_t at = message.find("required_chars. ");
  long long asked = 0;
  long long needed = 0;
  if (at != std::string::npos &&
      std::sscanf(message.c_str() + at, "required_chars. %lld vs %lld", &asked, &needed) == 2)
    throw InputError(fmt::format(
        "vocab_size: found {}, expected at least {}: the different characters of the text and {} special "
        "tokens",
        asked + specials - 1, needed + specials - 1, specials));
  throw InputError(fmt::format("no vocabulary can be learned from the text: {}", printable(message, 300)));
}

}  // namespace

UnigramPieces train_unigram(const std::vector<CountedWord>& words, const UnigramTraining& o) {
  UnigramPieces pieces;
  const auto& special = o.special_tokens;
  if (std::find(special.begin(), special.end(), o.unk_token) == special.end())
    pieces.emplace_back(o.unk_token, 0.0);
  for (const std::string& token : special) pieces.emplace_back(token, 0.0);
  const auto specials = static_cast<std::int64_t>(pieces.size());
  if (o.vocab_size <= specials + 4)
    throw UsageError(fmt::format("vocab_size: found {}, expected more than {}, the special tokens and some",
                                 o.vocab_size, specials + 4));
  const std::string apart = cuts_in(words);  // pieces that the library cannot learn
  std::string alphabet;
  for (const std::string& c : o.initial_alphabet) alphabet += c;
  CountedLines lines(words);
  if (lines.done()) throw InputError("no vocabulary can be learned: the text has no words");
  const std::unordered_map<std::string, std::string> settings = {
      {"model_type", "unigram"},
      {"input_format", "tsv"},
      {"vocab_size", std::to_string(o.vocab_size - specials - static_cast<std::int64_t>(apart.size()) + 1)},
      // with its own unknown piece
      {"hard_vocab_limit", "false"},
      {"character_coverage", "1.0"},
      {"required_chars", alphabet},
      {"normalization_rule_name", "identity"},
      {"add_dummy_prefix", "false"},
      {"remove_extra_whitespaces", "false"},
      {"split_by_unicode_script", "false"},
      {"split_by_number", "false"},
      {"max_sentencepiece_length", std::to_string(o.max_piece_length)},
      {"shrinking_factor", fmt::format("{}", o.shrinking_factor)},
      {"num_sub_iterations", std::to_string(o.n_sub_iterations)},
      {"bos_id", "-1"},
      {"eos_id", "-1"},
      {"pad_id", "-1"},
      {"unk_id", "0"},
      {"max_sentence_length", "65536"},
      // Sums are split among this many threads: the number is part of the result, the machine's is not.
      {"num_threads", "4"},
      {"minloglevel", "3"},
  };
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(settings, &lines, &model);
  if (!status.ok()) refuse(status.message(), specials);
  sentencepiece::SentencePieceProcessor learned;
  if (!learned.LoadFromSerializedProto(model).ok()) throw Error("the learned vocabulary cannot be read");
  double least = 0;
  for (int id = 1; id < learned.GetPieceSize(); ++id) {
    const std::string& piece = learned.IdToPiece(id);
    least = std::min(least, static_cast<double>(learned.GetScore(id)));
    const bool taken = std::any_of(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(specials),
                                   [&](const auto& p) { return p.first == piece; });
    if (!taken) pieces.emplace_back(piece, static_cast<double>(learned.GetScore(id)));
  }
  for (const char c : apart) pieces.emplace_back(std::string(1, c), least);
  return pieces;
}

}  // namespace regard
