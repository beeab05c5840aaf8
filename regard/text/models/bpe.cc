#include <fmt/format.h>

#include "regard/base/error.h"
#include "regard/text/byte_alphabet.h"
#include "regard/text/characters.h"
#include "regard/text/models/byte_tokens.h"
#include "regard/text/models/merges.h"
#include "regard/text/models/types.h"
#include "regard/text/models/word_cache.h"

namespace regard::subword_models {
namespace {

struct BpeSettings {
  std::string unknown;  // empty for none
  std::string prefix;   // of symbols that do not begin a piece
  std::string suffix;   // of the last symbol of a piece
  bool fuse_unknown = false;
  bool byte_fallback = false;
  bool ignore_merges = false;  // a piece that is a token is that token, whatever the merges say
  std::string place;
};

// Byte-pair encoding (Sennrich et al. 2016): characters, merged in the order in which merges were learned.
class Bpe final : public SubwordModel {
 public:
  Bpe(Vocabulary tokens, Merges merges, BpeSettings settings)
      : SubwordModel(std::move(tokens)), settings_(std::move(settings)), merges_(std::move(merges)) {
    if (!settings_.unknown.empty()) unknown_ = vocabulary().find(settings_.unknown);
    if (settings_.byte_fallback) bytes_ = find_byte_tokens(vocabulary());
    read_alphabet();
  }

  void tokenize(std::string_view piece, std::vector<SubwordToken>& tokens) const override {
    if (cache_.find(piece, tokens)) return;
    std::vector<SubwordToken> word;
    if (const auto whole = whole_token(piece)) {
      word.push_back({*whole, 0, static_cast<std::uint32_t>(piece.size())});
    } else {
      split_characters(piece, word);
      merges_.apply(word);
    }
    cache_.store(piece, word);
    tokens.insert(tokens.end(), word.begin(), word.end());
  }

  void tokenize_bytes(std::string_view piece, std::vector<SubwordToken>& tokens) const override {
    if (!has_alphabet_) return SubwordModel::tokenize_bytes(piece, tokens);
    if (cache_.find(piece, tokens)) return;
    std::vector<SubwordToken> word;
    if (settings_.ignore_merges) {
      if (const auto whole = whole_token(to_byte_alphabet(piece))) {
        word.push_back({*whole, 0, static_cast<std::uint32_t>(piece.size())});
      }
    }
    if (word.empty()) {
      word.reserve(piece.size());
      for (std::uint32_t i = 0; i < piece.size(); ++i) {
        word.push_back({alphabet_[static_cast<unsigned char>(piece[i])], i, i + 1});
      }
      merges_.apply(word);
    }
    cache_.store(piece, word);
    tokens.insert(tokens.end(), word.begin(), word.end());
  }

 private:
  std::optional<std::int32_t> whole_token(std::string_view piece) const {
    return settings_.ignore_merges ? vocabulary().find(piece) : std::nullopt;
  }

  void read_alphabet() {
    has_alphabet_ = settings_.prefix.empty() && settings_.suffix.empty();
    for (std::size_t byte = 0; byte < alphabet_.size() && has_alphabet_; ++byte) {
      const char c = static_cast<char>(static_cast<unsigned char>(byte));
      const auto id = vocabulary().find(to_byte_alphabet({&c, 1}));
      has_alphabet_ = id.has_value();
      alphabet_[byte] = id.value_or(0);
    }
  }

  std::int32_t unknown() const {
    if (!unknown_) {
      throw InputError(fmt::format("{}.unk_token: found \"{}\", expected a token of the vocabulary",
                                   settings_.place, printable(settings_.unknown)));
    }
    return *unknown_;
  }

  void split_characters(std::string_view piece, std::vector<SubwordToken>& word) const {
    bool open = false;  // the last symbol is unknown
    for (std::uint32_t i = 0; i < piece.size();) {
      const auto end = static_cast<std::uint32_t>(i + character_length(piece[i]));
      std::string symbol(piece.substr(i, end - i));
      if (i > 0) symbol.insert(0, settings_.prefix);
      if (end == piece.size()) symbol += settings_.suffix;
      const auto id = vocabulary().find(symbol);
      if (id) {
        word.push_back({*id, i, end});
      } else if (bytes_ && bytes_->have(symbol)) {
        std::uint32_t at = i;  // what a prefix or suffix adds belongs to the last byte
        for (const char byte : symbol) {
          word.push_back({bytes_->id(byte), std::min(at, end - 1), std::min(at + 1, end)});
          ++at;
        }
      } else if (!settings_.unknown.empty()) {
        if (open && settings_.fuse_unknown) {
          word.back().end = end;
        } else {
          word.push_back({unknown(), i, end});
        }
      }
      open = !id && !(bytes_ && bytes_->have(symbol)) && !settings_.unknown.empty();
      i = end;
    }
  }

  BpeSettings settings_;
  Merges merges_;
  WordCache cache_;
  std::optional<std::int32_t> unknown_;
  std::optional<ByteTokens> bytes_;
  std::array<std::int32_t, 256> alphabet_{};  // ids of the byte alphabet's characters
  bool has_alphabet_ = false;
};

// The two sides of a merge: ["a", "b"], or "a b" as older files have it; nothing where it is neither.
std::optional<std::pair<std::string_view, std::string_view>> sides_of(const Json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return std::pair<std::string_view, std::string_view>(merge[0].get_ref<const std::string&>(),
                                                         merge[1].get_ref<const std::string&>());
  }
  if (!merge.is_string()) return std::nullopt;
  const std::string_view text = merge.get_ref<const std::string&>();
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos)
    return std::nullopt;
  return std::pair(text.substr(0, space), text.substr(space + 1));
}

Merges parse_merges(const JsonField& list, const Vocabulary& tokens, const std::string& prefix) {
  if (!list.value().is_array()) list.refuse("a list of merges");
  Merges merges(list.value().size());
  std::uint32_t rank = 0;
  std::string joined;
  for (std::size_t i = 0; i < list.value().size(); ++i) {
    const Json& merge = list.value()[i];
    if (merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version")) continue;
    const auto sides = sides_of(merge);
    if (!sides) list.items()[i].refuse("two tokens");
    const auto left = tokens.find(sides->first);
    const auto right = tokens.find(sides->second);
    if (!left || !right) list.items()[i].refuse("two tokens of the vocabulary");
    if (sides->second.size() < prefix.size())
      list.items()[i].refuse(fmt::format("a second token that begins with {}", prefix));
    joined = sides->first;
    joined += sides->second.substr(prefix.size());
    const auto id = tokens.find(joined);
    if (!id)
      list.items()[i].refuse(
          fmt::format("two tokens whose merge \"{}\" is in the vocabulary", printable(joined)));
    merges.add(*left, *right, {rank++, *id});
  }
  return merges;
}

}  // namespace

std::unique_ptr<SubwordModel> parse_bpe(const JsonField& field) {
  BpeSettings settings;
  settings.place = field.place();
  settings.unknown = field.text_or("unk_token", "");
  settings.prefix = field.text_or("continuing_subword_prefix", "");
  settings.suffix = field.text_or("end_of_word_suffix", "");
  settings.fuse_unknown = field.boolean_or("fuse_unk", false);
  settings.byte_fallback = field.boolean_or("byte_fallback", false);
  settings.ignore_merges = field.boolean_or("ignore_merges", false);
  if (const auto dropout = field.find("dropout"); dropout && dropout->number() != 0)
    dropout->refuse("no dropout: tokenization is deterministic here");
  Vocabulary tokens = Vocabulary::parse(field.at("vocab"));
  Merges merges = parse_merges(field.at("merges"), tokens, settings.prefix);
  return std::make_unique<Bpe>(std::move(tokens), std::move(merges), std::move(settings));
}

}  // namespace regard::subword_models
