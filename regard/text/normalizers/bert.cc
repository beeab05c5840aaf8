#include <algorithm>

#include "regard/text/code_points.h"
#include "regard/text/normalizers/lowercase.h"
#include "regard/text/normalizers/types.h"
#include "regard/text/unicode_forms.h"

namespace regard::normalizers {
namespace {

struct BertSettings {
  bool clean = true;
  bool chinese = true;
  bool strip_accents = true;
  bool lowercase = true;
};

// Ideographs as BERT's tokenizer counts them: neither kana nor Hangul.
bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_break(char c) { return c == '\t' || c == '\n' || c == '\r'; }

// Devlin et al. 2019, tokenization.py: clean, put spaces around ideographs, strip accents, lower.
class Bert final : public Normalizer {
 public:
  explicit Bert(const BertSettings& settings) : settings_(settings) {}

  void normalize(AlignedText& text) const override {
    const bool plain = std::all_of(text.text().begin(), text.text().end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return (byte >= 0x20 && byte < 0x7F) || is_break(c);
    });
    if (plain) {
      if (settings_.clean) text.map_ascii([](char c) { return is_break(c) ? ' ' : c; });
    } else {
      if (settings_.clean || settings_.chinese) clean(text);
      if (settings_.strip_accents) {
        normalize_unicode(text, UnicodeForm::nfd);
        drop_characters(text,
                        [](char32_t c) { return c >= 0x300 && belongs(c, CharacterClass::nonspacing_mark); });
      }
    }
    if (settings_.lowercase) lowercase(text);
  }

 private:
  void clean(AlignedText& text) const {
    TextEditor editor(text);
    std::string spaced;
    while (!editor.at_end()) {
      const Character c = editor.next();
      if (settings_.clean && (c.code == 0 || belongs(c.code, CharacterClass::other))) {
        editor.skip(c.length);
      } else if (settings_.clean && belongs(c.code, CharacterClass::white_space)) {
        editor.replace(" ");
      } else if (settings_.chinese && is_chinese(c.code)) {
        spaced = " ";
        append_utf8(spaced, c.code);
        spaced += ' ';
        editor.replace(spaced);
      } else {
        editor.keep(c.length);
      }
    }
    text = editor.finish();
  }

  BertSettings settings_;
};

}  // namespace

std::unique_ptr<Normalizer> parse_bert(const JsonField& field) {
  BertSettings settings;
  settings.clean = field.boolean_or("clean_text", true);
  settings.chinese = field.boolean_or("handle_chinese_chars", true);
  settings.lowercase = field.boolean_or("lowercase", true);
  settings.strip_accents = field.boolean_or("strip_accents", settings.lowercase);
  return std::make_unique<Bert>(settings);
}

}  // namespace regard::normalizers
