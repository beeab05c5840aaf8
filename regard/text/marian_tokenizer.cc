#include "regard/text/marian_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/rounding_json.h"
#include "regard/text/clean_up.h"
#include "regard/text/subword_vocabulary.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxIds = std::int64_t{1} << 24;

// A special token stands as a string or as an object with its text in "content".
std::string token_text(const JsonField& config, std::string_view key, const std::string& otherwise) {
  const auto field = config.find(key);
  if (!field) return otherwise;
  return field->value().is_object() ? field->at("content").text() : field->text();
}

// The length of a language code at the beginning: ">>", the nearest "<<" after it, nothing in between
// required.
std::size_t language_code(std::string_view text) {
  if (!text.starts_with(">>")) return 0;
  const std::size_t end = text.find("<<");
  return end == std::string_view::npos ? 0 : end + 2;
}

}  // namespace

MarianTokenizerConfig read_marian_tokenizer_config(const fs::path& folder) {
  MarianTokenizerConfig config;
  const fs::path path = folder / "tokenizer_config.json";
  if (!present(path)) return config;
  const Json json = read_json_rounding(path);
  const JsonField field(json, path.string());
  config.unknown = token_text(field, "unk_token", config.unknown);
  config.end = token_text(field, "eos_token", config.end);
  config.padding = token_text(field, "pad_token", config.padding);
  config.separate_vocabularies = field.boolean_or("separate_vocabs", false);
  config.clean_up_spaces = field.boolean_or("clean_up_tokenization_spaces", false);
  return config;
}

MarianTokenizer::MarianTokenizer(SentencePiece source, SentencePiece target)
    : source_model_(std::move(source)), target_model_(std::move(target)) {}

MarianTokenizer::Vocabulary MarianTokenizer::read_vocabulary(const fs::path& path,
                                                             const MarianTokenizerConfig& config) {
  const Json json = read_json(path);
  const JsonField field(json, path.string());
  Vocabulary made;
  for (const std::string& piece : field.keys()) {
    const JsonField entry = field.at(piece);
    const auto id = static_cast<std::size_t>(entry.integer_within(0, kMaxIds - 1));
    if (id >= made.pieces.size()) made.pieces.resize(id + 1);
    if (!made.pieces[id].empty()) {
      entry.refuse(fmt::format("an id of its own: \"{}\" has the same", printable(made.pieces[id])));
    }
    made.pieces[id] = piece;
    made.ids.emplace(piece, static_cast<std::int32_t>(id));
  }
  for (const std::string& needed : {config.unknown, config.end}) {
    if (!made.ids.contains(needed)) {
      throw InputError(
          fmt::format("{}: expected the token {}, which is missing", path.string(), printable(needed)));
    }
  }
  return made;
}

void MarianTokenizer::index(Vocabulary& vocabulary, const SentencePiece& model) const {
  const std::int32_t unknown = vocabulary.ids.at(config_.unknown);
  vocabulary.by_model.resize(static_cast<std::size_t>(model.size()));
  for (int id = 0; id < model.size(); ++id) {
    const auto found = vocabulary.ids.find(model.piece(id));
    vocabulary.by_model[static_cast<std::size_t>(id)] =
        found == vocabulary.ids.end() ? unknown : found->second;
  }
}

MarianTokenizer MarianTokenizer::load(const fs::path& folder) {
  for (const char* name : {"source.spm", "target.spm", "vocab.json"}) {
    if (!present(folder / name)) {
      throw InputError(
          fmt::format("{}: expected the tokenizer file {}, which is missing", folder.string(), name));
    }
  }
  MarianTokenizer made(SentencePiece::load(folder / "source.spm"),
                       SentencePiece::load(folder / "target.spm"));
  made.config_ = read_marian_tokenizer_config(folder);
  made.source_ = read_vocabulary(folder / "vocab.json", made.config_);
  if (made.config_.separate_vocabularies) {
    made.target_ = read_vocabulary(folder / "target_vocab.json", made.config_);
  } else {
    made.target_ = made.source_;
  }
  made.index(made.source_, made.source_model_);
  made.index(made.target_, made.target_model_);
  for (const std::string& text : {made.config_.unknown, made.config_.end, made.config_.padding}) {
    // A special token without an id gets the next one, as transformers gives it.
    const auto next = static_cast<std::int32_t>(made.source_.pieces.size());
    const auto [entry, added] = made.source_.ids.try_emplace(text, next);
    if (added) {
      made.source_.pieces.push_back(text);
      if (!made.config_.separate_vocabularies) {
        made.target_.ids.try_emplace(text, next);
        made.target_.pieces.push_back(text);
      }
    }
    if (!text.empty()) made.special_[text] = entry->second;
  }
  return made;
}

const MarianTokenizer::Vocabulary& MarianTokenizer::vocabulary(TextSide side) const {
  return side == TextSide::source ? source_ : target_;
}

std::vector<MarianTokenizer::Part> MarianTokenizer::split_special(std::string_view text) const {
  std::vector<Part> parts;
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t longest = 0;
    for (const auto& entry : special_) {
      const std::string& token = entry.first;
      if (text[i] == token[0] && token.size() > longest && text.substr(i).starts_with(token))
        longest = token.size();
    }
    if (longest == 0) {
      ++i;
      continue;
    }
    if (i > plain) parts.push_back({plain, i, false});
    parts.push_back({i, i + longest, true});
    i += longest;
    plain = i;
  }
  if (plain < text.size()) parts.push_back({plain, text.size(), false});
  return parts;
}

template <class Sink>
void MarianTokenizer::encode_into(std::string_view text, TextSide side, Sink&& sink) const {
  const Vocabulary& ids = vocabulary(side);
  const SentencePiece& model = side == TextSide::source ? source_model_ : target_model_;
  const std::int32_t unknown = ids.ids.at(config_.unknown);
  const auto id_of = [&](const std::string& piece) {
    const auto found = ids.ids.find(piece);
    return found == ids.ids.end() ? unknown : found->second;
  };
  for (const Part& part : split_special(text)) {
    const std::string_view inside = text.substr(part.begin, part.end - part.begin);
    if (part.special) {
      std::string piece(inside);
      const std::int32_t id = special_.at(piece);
      sink(Token{id, std::move(piece), part.begin, part.end});
      continue;
    }
    const std::size_t code = language_code(inside);
    if (code > 0) {
      std::string piece(inside.substr(0, code));
      const std::int32_t id = id_of(piece);
      sink(Token{id, std::move(piece), part.begin, part.begin + code});
    }
    const std::size_t offset = part.begin + code;
    for (SubwordPiece& piece : model.encode(inside.substr(code))) {
      // The model's unknown pieces carry the text itself, which the vocabulary may know after all.
      const std::int32_t id =
          piece.unknown ? id_of(piece.piece) : ids.by_model[static_cast<std::size_t>(piece.id)];
      sink(Token{id, std::move(piece.piece), offset + piece.begin, offset + piece.end});
    }
  }
  Token end{special_.at(config_.end), config_.end, text.size(), text.size()};
  end.special = true;
  sink(std::move(end));
}

std::vector<Token> MarianTokenizer::encode(std::string_view text, TextSide side) const {
  const std::string valid = replace_invalid_utf8(text);
  std::vector<Token> tokens;
  encode_into(valid, side, [&](Token&& token) { tokens.push_back(std::move(token)); });
  return tokens;
}

std::vector<std::int32_t> MarianTokenizer::encode_ids(std::string_view text, TextSide side) const {
  const std::string valid = replace_invalid_utf8(text);
  std::vector<std::int32_t> ids;
  encode_into(valid, side, [&](Token&& token) { ids.push_back(token.id); });
  return ids;
}

std::string MarianTokenizer::token_of(std::int32_t id) const {
  const auto at = static_cast<std::size_t>(id);
  if (id >= 0 && at < target_.pieces.size() && !target_.pieces[at].empty()) return target_.pieces[at];
  // As transformers: an id that the vocabulary lacks is looked up in the SentencePiece model.
  const SentencePiece& model = config_.separate_vocabularies ? target_model_ : source_model_;
  if (id >= 0 && id < model.size()) return model.piece(id);
  return config_.unknown;
}

std::string MarianTokenizer::piece(std::int32_t id) const { return token_of(id); }

std::string MarianTokenizer::decode(std::span<const std::int32_t> ids, SpecialTokens special) const {
  // With one vocabulary transformers decodes by the source's model. The two differ in nothing but what they
  // know, and a piece that a model does not know decodes as itself.
  const SentencePiece& model = config_.separate_vocabularies ? target_model_ : source_model_;
  std::string text;
  std::vector<std::string> pieces;
  const auto flush = [&] {
    text += model.decode(pieces);
    pieces.clear();
  };
  for (const std::int32_t id : ids) {
    const auto found =
        std::find_if(special_.begin(), special_.end(), [&](const auto& entry) { return entry.second == id; });
    if (found == special_.end()) {
      pieces.push_back(token_of(id));
    } else if (special == SpecialTokens::keep) {
      flush();
      text += found->first + " ";
    }
  }
  flush();
  replace_all(text, "\xE2\x96\x81", " ");
  text = trim(text);
  if (config_.clean_up_spaces) clean_up_text(text);
  return text;
}

std::optional<std::int32_t> MarianTokenizer::id(std::string_view piece) const {
  const auto found = target_.ids.find(std::string(piece));
  if (found == target_.ids.end()) return std::nullopt;
  return found->second;
}

std::int64_t MarianTokenizer::vocabulary_size(TextSide side) const {
  return static_cast<std::int64_t>(vocabulary(side).pieces.size());
}

SubwordVocabulary MarianTokenizer::subwords(TextSide side) const {
  const SentencePiece& model = side == TextSide::source ? source_model_ : target_model_;
  const Vocabulary& ids = vocabulary(side);
  const std::int32_t unknown = ids.ids.at(config_.unknown);
  SubwordVocabulary subwords = model.vocabulary();
  for (ScoredPiece& piece : subwords.pieces) piece.id = ids.by_model[static_cast<std::size_t>(piece.id)];
  // What the model knows and vocab.json does not cannot be said.
  std::erase_if(subwords.pieces, [&](const ScoredPiece& piece) { return piece.id == unknown; });
  return subwords;
}

SpecialIds MarianTokenizer::special_ids() const {
  SpecialIds ids;
  ids.unknown = special_.at(config_.unknown);
  ids.end = special_.at(config_.end);
  ids.padding = special_.at(config_.padding);
  return ids;
}

}  // namespace regard
