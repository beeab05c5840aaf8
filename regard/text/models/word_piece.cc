#include "regard/text/byte_trie.h"
#include "regard/text/characters.h"
#include "regard/text/models/types.h"

namespace regard::subword_models {
namespace {

struct WordPieceSettings {
  std::int32_t unknown = 0;
  std::string prefix;  // of tokens inside a word
  std::size_t max_characters = 100;
};

// The longest token first (Schuster & Nakajima 2012, as in BERT): a word whose rest begins with no token is
// unknown as a whole.
class WordPiece final : public SubwordModel {
 public:
  WordPiece(Vocabulary tokens, const WordPieceSettings& settings)
      : SubwordModel(std::move(tokens)), settings_(settings), trie_(entries(vocabulary())) {
    inside_ = trie_.walk(trie_.root(), settings_.prefix);
  }

  void tokenize(std::string_view piece, std::vector<SubwordToken>& tokens) const override {
    const std::size_t first = tokens.size();
    bool known =
        piece.size() <= settings_.max_characters || count_characters(piece) <= settings_.max_characters;
    for (std::size_t begin = 0; known && begin < piece.size();) {
      ByteTrie::Node node = begin == 0 ? trie_.root() : inside_;
      std::size_t end = begin;
      std::int32_t id = 0;
      for (std::size_t i = begin; i < piece.size() && node != ByteTrie::kNone; ++i) {
        node = trie_.step(node, piece[i]);
        if (node != ByteTrie::kNone && trie_.value(node) != ByteTrie::kNoValue) {
          id = trie_.value(node);
          end = i + 1;
        }
      }
      known = end > begin;
      if (known) tokens.push_back({id, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
      begin = end;
    }
    if (!known) {
      tokens.resize(first);
      tokens.push_back({settings_.unknown, 0, static_cast<std::uint32_t>(piece.size())});
    }
  }

 private:
  static std::vector<ByteTrie::Entry> entries(const Vocabulary& tokens) {
    std::vector<ByteTrie::Entry> made;
    for (std::int32_t id = 0; id < tokens.limit(); ++id) {
      if (const auto token = tokens.token(id)) made.push_back({*token, id});
    }
    return made;
  }

  WordPieceSettings settings_;
  ByteTrie trie_;
  ByteTrie::Node inside_;  // where a token inside a word begins
};

}  // namespace

std::unique_ptr<SubwordModel> parse_word_piece(const JsonField& field) {
  Vocabulary tokens = Vocabulary::parse(field.at("vocab"));
  WordPieceSettings settings;
  const std::string unknown = field.text_or("unk_token", "[UNK]");
  const auto id = tokens.find(unknown);
  if (!id) field.at("unk_token").refuse("a token of the vocabulary");
  settings.unknown = *id;
  settings.prefix = field.text_or("continuing_subword_prefix", "##");
  settings.max_characters = static_cast<std::size_t>(field.positive_or("max_input_chars_per_word", 100));
  return std::make_unique<WordPiece>(std::move(tokens), settings);
}

}  // namespace regard::subword_models
