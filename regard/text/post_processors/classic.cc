#include <algorithm>

#include "regard/text/characters.h"
#include "regard/text/post_processors/types.h"

// The types that came before templates: BERT's, RoBERTa's, and the trimming of byte-level offsets.

namespace regard::post_processors {
namespace {

constexpr std::int64_t kMaxIds = std::int64_t{1} << 24;
constexpr char32_t kByteSpace = 0x120;

bool is_space(char32_t c) { return c == kByteSpace || belongs(c, CharacterClass::white_space); }

std::size_t leading_spaces(std::string_view piece) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < piece.size();) {
    const Character c = character_at(piece, i);
    if (!is_space(c.code)) break;
    ++count;
    i += c.length;
  }
  return count;
}

std::size_t trailing_spaces(std::string_view piece) {
  std::size_t count = 0;
  while (!piece.empty()) {
    const std::size_t last = last_character(piece);
    if (!is_space(character_at(piece, last).code)) break;
    ++count;
    piece = piece.substr(0, last);
  }
  return count;
}

// Moves the end of a range back by so many characters, not beyond its beginning; not at all where the text
// has not so many.
std::size_t step_back(std::string_view text, const Token& token, std::size_t characters) {
  std::size_t end = token.end;
  for (; characters > 0; --characters) {
    if (end == 0) return token.end;
    end = last_character(text.substr(0, end));
  }
  return std::max(end, token.begin);
}

// Takes the white space at the ends of tokens out of their offsets; a space that was put before the text is
// not in it.
void trim_offsets(std::vector<std::vector<Token>>& runs, PostProcessor::Texts texts, bool prefix_space) {
  for (auto& run : runs) {
    for (std::size_t i = 0; i < run.size(); ++i) {
      Token& token = run[i];
      const std::string_view text = texts[token.second ? 1 : 0];
      std::size_t leading = leading_spaces(token.piece);
      const std::size_t trailing = trailing_spaces(token.piece);
      if ((i == 0 || token.begin == 0) && prefix_space && leading == 1) leading = 0;
      for (; leading > 0 && token.begin < token.end; --leading)
        token.begin += character_length(text[token.begin]);
      token.end = step_back(text, token, trailing);
    }
  }
}

class ByteLevel final : public PostProcessor {
 public:
  ByteLevel(bool trim, bool prefix_space) : trim_(trim), prefix_space_(prefix_space) {}
  std::size_t added(std::size_t) const override { return 0; }
  void finish(std::vector<std::vector<Token>>& runs, SpecialTokens, Texts texts) const override {
    if (trim_) trim_offsets(runs, texts, prefix_space_);
  }

 private:
  bool trim_;
  bool prefix_space_;
};

struct Frame {
  Token begin;
  Token end;
};

class Bert final : public PostProcessor {
 public:
  explicit Bert(Frame frame) : frame_(std::move(frame)) {}
  std::size_t added(std::size_t texts) const override { return texts + 1; }
  void finish(std::vector<std::vector<Token>>& runs, SpecialTokens special, Texts) const override {
    if (special == SpecialTokens::skip || runs.empty()) return;
    runs[0].insert(runs[0].begin(), frame_.begin);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      runs[i].push_back(frame_.end);
      runs[i].back().type = i == 0 ? 0 : 1;
    }
  }

 private:
  Frame frame_;
};

struct RobertaSettings {
  Frame frame;
  bool trim = true;
  bool prefix_space = true;
};

// <s> A </s> </s> B </s>, all of one type.
class Roberta final : public PostProcessor {
 public:
  explicit Roberta(RobertaSettings settings) : settings_(std::move(settings)) {}
  std::size_t added(std::size_t texts) const override { return texts * 2; }
  void finish(std::vector<std::vector<Token>>& runs, SpecialTokens special, Texts texts) const override {
    if (settings_.trim) trim_offsets(runs, texts, settings_.prefix_space);
    for (auto& run : runs) {
      for (Token& token : run) token.type = 0;
    }
    if (special == SpecialTokens::skip) return;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      runs[i].insert(runs[i].begin(), i == 0 ? settings_.frame.begin : settings_.frame.end);
      runs[i].push_back(settings_.frame.end);
    }
  }

 private:
  RobertaSettings settings_;
};

// A pair ["[SEP]", 102].
Token parse_pair(const JsonField& field) {
  const std::vector<JsonField> items = field.items();
  if (items.size() != 2) field.refuse("[token, id]");
  Token token;
  token.piece = items[0].text();
  token.id = static_cast<std::int32_t>(items[1].integer_within(0, kMaxIds - 1));
  token.special = true;
  return token;
}

Frame parse_frame(const JsonField& field) {
  return {parse_pair(field.at("cls")), parse_pair(field.at("sep"))};
}

}  // namespace

std::unique_ptr<PostProcessor> parse_byte_level(const JsonField& field) {
  return std::make_unique<ByteLevel>(field.boolean_or("trim_offsets", true),
                                     field.boolean_or("add_prefix_space", true));
}

std::unique_ptr<PostProcessor> parse_bert(const JsonField& field) {
  return std::make_unique<Bert>(parse_frame(field));
}

std::unique_ptr<PostProcessor> parse_roberta(const JsonField& field) {
  RobertaSettings settings;
  settings.frame = parse_frame(field);
  settings.trim = field.boolean_or("trim_offsets", true);
  settings.prefix_space = field.boolean_or("add_prefix_space", true);
  return std::make_unique<Roberta>(std::move(settings));
}

}  // namespace regard::post_processors
