#include "regard/text/pre_tokenizers/types.h"

// The types that cut at single characters of a class.

namespace regard::pre_tokenizers {
namespace {

bool is_white(char32_t c) { return belongs(c, CharacterClass::white_space); }
bool is_punctuation_or_symbol(char32_t c) { return belongs(c, CharacterClass::punctuation); }

class Bert final : public PreTokenizer {
 public:
  void split(Section& section) const override {
    std::vector<ByteRange> pieces;
    pieces.reserve(section.text.text().size() / 4 + 4);
    const std::string_view text = section.text.text();
    for (const ByteRange& piece : section.pieces) {
      std::uint32_t begin = piece.begin;
      for (std::uint32_t i = piece.begin; i < piece.end;) {
        const Character c = character_at(text, i);
        const auto next = static_cast<std::uint32_t>(i + c.length);
        const bool white = is_white(c.code);
        if (white || is_punctuation_or_symbol(c.code)) {
          if (begin < i) pieces.push_back({begin, i});
          if (!white) pieces.push_back({i, next});
          begin = next;
        }
        i = next;
      }
      if (begin < piece.end) pieces.push_back({begin, piece.end});
    }
    section.pieces = std::move(pieces);
  }
};

class WhitespaceSplit final : public PreTokenizer {
 public:
  void split(Section& section) const override {
    split_at_characters(section, DelimiterBehavior::removed, is_white);
  }
};

// \w+|[^\w\s]+
class Whitespace final : public PreTokenizer {
 public:
  void split(Section& section) const override {
    split_pieces(section, DelimiterBehavior::removed, [](std::string_view text, std::vector<Cut>& cuts) {
      int open = 0;
      for (std::uint32_t i = 0; i < text.size();) {
        const Character c = character_at(text, i);
        const auto next = static_cast<std::uint32_t>(i + c.length);
        const int kind = belongs(c.code, CharacterClass::word) ? 1 : is_white(c.code) ? 2 : 3;
        if (kind == open) {
          cuts.back().range.end = next;
        } else {
          cuts.push_back({{i, next}, kind == 2});
        }
        open = kind;
        i = next;
      }
    });
  }
};

class Punctuation final : public PreTokenizer {
 public:
  explicit Punctuation(DelimiterBehavior behavior) : behavior_(behavior) {}
  void split(Section& section) const override {
    split_at_characters(section, behavior_, is_punctuation_or_symbol);
  }

 private:
  DelimiterBehavior behavior_;
};

class Digits final : public PreTokenizer {
 public:
  explicit Digits(DelimiterBehavior behavior) : behavior_(behavior) {}
  void split(Section& section) const override {
    split_at_characters(section, behavior_, [](char32_t c) { return belongs(c, CharacterClass::numeric); });
  }

 private:
  DelimiterBehavior behavior_;
};

class Delimiter final : public PreTokenizer {
 public:
  explicit Delimiter(char32_t delimiter) : delimiter_(delimiter) {}
  void split(Section& section) const override {
    split_at_characters(section, DelimiterBehavior::removed, [this](char32_t c) { return c == delimiter_; });
  }

 private:
  char32_t delimiter_;
};

class UnicodeScripts final : public PreTokenizer {
 public:
  void split(Section& section) const override {
    split_pieces(section, DelimiterBehavior::isolated, [](std::string_view text, std::vector<Cut>& cuts) {
      int last = 0;
      for (std::uint32_t i = 0; i < text.size();) {
        const Character c = character_at(text, i);
        const auto next = static_cast<std::uint32_t>(i + c.length);
        const int script = script_of(c.code);
        // What stands before the first character of a script is lost, in `tokenizers` too.
        if (script != 0 && script != last) {
          cuts.push_back({{i, next}, false});
        } else if (!cuts.empty()) {
          cuts.back().range.end = next;
        }
        if (script != 0) last = script;
        i = next;
      }
    });
  }
};

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(std::size_t length) : length_(length) {}
  void split(Section& section) const override {
    split_pieces(section, DelimiterBehavior::isolated, [this](std::string_view text, std::vector<Cut>& cuts) {
      std::size_t held = length_;
      for (std::uint32_t i = 0; i < text.size();) {
        const auto next = static_cast<std::uint32_t>(i + character_length(text[i]));
        if (held == length_) {
          cuts.push_back({{i, next}, false});
          held = 0;
        }
        cuts.back().range.end = next;
        ++held;
        i = next;
      }
    });
  }

 private:
  std::size_t length_;
};

}  // namespace

std::unique_ptr<PreTokenizer> parse_bert(const JsonField&) { return std::make_unique<Bert>(); }
std::unique_ptr<PreTokenizer> parse_whitespace(const JsonField&) { return std::make_unique<Whitespace>(); }
std::unique_ptr<PreTokenizer> parse_whitespace_split(const JsonField&) {
  return std::make_unique<WhitespaceSplit>();
}
std::unique_ptr<PreTokenizer> parse_unicode_scripts(const JsonField&) {
  return std::make_unique<UnicodeScripts>();
}

std::unique_ptr<PreTokenizer> parse_punctuation(const JsonField& field) {
  const auto behavior = field.find("behavior");
  return std::make_unique<Punctuation>(behavior ? parse_delimiter_behavior(*behavior)
                                                : DelimiterBehavior::isolated);
}

std::unique_ptr<PreTokenizer> parse_digits(const JsonField& field) {
  return std::make_unique<Digits>(field.boolean_or("individual_digits", false)
                                      ? DelimiterBehavior::isolated
                                      : DelimiterBehavior::contiguous);
}

std::unique_ptr<PreTokenizer> parse_delimiter(const JsonField& field) {
  return std::make_unique<Delimiter>(parse_character(field.at("delimiter")));
}

std::unique_ptr<PreTokenizer> parse_fixed_length(const JsonField& field) {
  return std::make_unique<FixedLength>(static_cast<std::size_t>(field.positive_or("length", 5)));
}

}  // namespace regard::pre_tokenizers
