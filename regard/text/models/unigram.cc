#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "regard/base/error.h"
#include "regard/text/byte_trie.h"
#include "regard/text/characters.h"
#include "regard/text/models/byte_tokens.h"
#include "regard/text/models/types.h"

namespace regard::subword_models {
namespace {

constexpr double kUnknownPenalty = 10.0;
constexpr std::size_t kMaxUnigramBytes = 10'000;
constexpr std::size_t kMaxUnigramTokens = std::size_t{1} << 24;

struct UnigramSettings {
  std::vector<double> scores;  // by id
  std::optional<std::int32_t> unknown;
  bool byte_fallback = false;
  std::string place;
};

// The most probable split (Kudo 2018), by Viterbi's algorithm over the tokens that begin at each character.
class Unigram final : public SubwordModel {
 public:
  Unigram(Vocabulary tokens, UnigramSettings settings)
      : SubwordModel(std::move(tokens)), settings_(std::move(settings)), trie_(entries(vocabulary())) {
    double least = std::numeric_limits<double>::infinity();
    for (const double score : settings_.scores) least = std::min(least, score);
    unknown_score_ = least - kUnknownPenalty;
    if (settings_.byte_fallback) bytes_ = find_byte_tokens(vocabulary());
  }

  std::int32_t shown_as_text() const override { return settings_.unknown.value_or(-1); }

  void tokenize(std::string_view piece, std::vector<SubwordToken>& tokens) const override {
    std::vector<Node> best(piece.size() + 1);
    best[0].begin = 0;
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t length = character_length(piece[at]);
      const double score = best[at].score;
      bool single = false;
      ByteTrie::Node node = trie_.root();
      for (std::size_t i = at; i < piece.size(); ++i) {
        node = trie_.step(node, piece[i]);
        if (node == ByteTrie::kNone) break;
        const std::int32_t id = trie_.value(node);
        if (id == ByteTrie::kNoValue) continue;
        offer(best[i + 1], {score + settings_.scores[static_cast<std::size_t>(id)], at, id});
        single = single || i + 1 == at + length;
      }
      if (!single) offer(best[at + length], {score + unknown_score_, at, unknown()});
      at += length;
    }
    const auto first = static_cast<std::ptrdiff_t>(tokens.size());
    collect(best, tokens);
    std::reverse(tokens.begin() + first, tokens.end());
    if (settings_.unknown) name_unknown(piece, static_cast<std::size_t>(first), tokens);
  }

 private:
  static constexpr std::size_t kUnreached = std::numeric_limits<std::size_t>::max();

  // The best way to a position: its score and its last token.
  struct Node {
    double score = 0;
    std::size_t begin = kUnreached;
    std::int32_t id = 0;
  };

  static std::vector<ByteTrie::Entry> entries(const Vocabulary& tokens) {
    std::vector<ByteTrie::Entry> made;
    for (std::int32_t id = 0; id < tokens.limit(); ++id) {
      const auto token = tokens.token(id);
      if (token && !token->empty()) made.push_back({*token, id});
    }
    return made;
  }

  static void offer(Node& node, const Node& way) {
    if (node.begin == kUnreached || way.score > node.score) node = way;
  }

  std::int32_t unknown() const {
    if (!settings_.unknown) {
      throw InputError(fmt::format("{}: found an unknown character, expected the model to have an unk_id",
                                   settings_.place));
    }
    return *settings_.unknown;
  }

  // The tokens of the best way, from its end; unknown ones that follow each other are one.
  void collect(const std::vector<Node>& best, std::vector<SubwordToken>& tokens) const {
    bool open = false;
    for (std::size_t end = best.size() - 1; end > 0; end = best[end].begin) {
      const Node& node = best[end];
      const bool is_unknown = settings_.unknown && node.id == *settings_.unknown;
      if (is_unknown && open) {
        tokens.back().begin = static_cast<std::uint32_t>(node.begin);
      } else {
        tokens.push_back({node.id, static_cast<std::uint32_t>(node.begin), static_cast<std::uint32_t>(end)});
      }
      open = is_unknown;
    }
  }

  // Unknown text may be a token after all, once it is joined, or fall back to tokens of its bytes.
  void name_unknown(std::string_view piece, std::size_t first, std::vector<SubwordToken>& tokens) const {
    const auto is_unknown = [&](const SubwordToken& token) { return token.id == *settings_.unknown; };
    if (std::none_of(tokens.begin() + static_cast<std::ptrdiff_t>(first), tokens.end(), is_unknown)) return;
    const std::vector<SubwordToken> found(tokens.begin() + static_cast<std::ptrdiff_t>(first), tokens.end());
    tokens.resize(first);
    for (const SubwordToken& token : found) {
      const std::string_view text = piece.substr(token.begin, token.end - token.begin);
      if (!is_unknown(token)) {
        tokens.push_back(token);
      } else if (const auto id = vocabulary().find(text)) {
        tokens.push_back({*id, token.begin, token.end});
      } else if (bytes_ && bytes_->have(text)) {
        for (const char byte : text) tokens.push_back({bytes_->id(byte), token.begin, token.end});
      } else {
        tokens.push_back(token);
      }
    }
  }

  UnigramSettings settings_;
  ByteTrie trie_;
  double unknown_score_ = 0;
  std::optional<ByteTokens> bytes_;
};

}  // namespace

std::unique_ptr<SubwordModel> parse_unigram(const JsonField& field) {
  UnigramSettings settings;
  settings.place = field.place();
  const JsonField list = field.at("vocab");
  if (!list.value().is_array()) list.refuse("a list of [token, score]");
  std::vector<std::string_view> tokens;
  for (const Json& entry : list.value()) {
    const bool sound = entry.is_array() && entry.size() == 2 && entry[0].is_string() &&
                       entry[1].is_number() &&
                       entry[0].get_ref<const std::string&>().size() <= kMaxUnigramBytes;
    if (!sound) {
      list.items()[tokens.size()].refuse(fmt::format("[token of at most {} bytes, score]", kMaxUnigramBytes));
    }
    tokens.push_back(entry[0].get_ref<const std::string&>());
    settings.scores.push_back(entry[1].get<double>());
  }
  if (tokens.size() > kMaxUnigramTokens) list.refuse(fmt::format("at most {} tokens", kMaxUnigramTokens));
  if (const auto unknown = field.find("unk_id")) {
    if (tokens.empty()) list.refuse("at least the unknown token");
    settings.unknown =
        static_cast<std::int32_t>(unknown->integer_within(0, static_cast<std::int64_t>(tokens.size()) - 1));
  }
  settings.byte_fallback = field.boolean_or("byte_fallback", false);
  return std::make_unique<Unigram>(Vocabulary(tokens), std::move(settings));
}

}  // namespace regard::subword_models
