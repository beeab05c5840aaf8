#include "regard/text/normalizers/lowercase.h"
#include "regard/text/normalizers/types.h"

namespace regard::normalizers {
namespace {

bool is_space(char32_t c) { return belongs(c, CharacterClass::white_space); }

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  void normalize(AlignedText& text) const override {
    const std::string_view whole = text.text();
    std::size_t end = whole.size();
    while (right_ && end > 0) {
      const std::size_t last = last_character(whole.substr(0, end));
      if (!is_space(character_at(whole, last).code)) break;
      end = last;
    }
    std::size_t begin = 0;
    while (left_ && begin < end && is_space(character_at(whole, begin).code))
      begin += character_at(whole, begin).length;
    if (begin == 0 && end == whole.size()) return;
    TextEditor editor(text);
    if (begin > 0) editor.skip(begin);
    editor.keep(end - begin);
    if (end < whole.size()) editor.skip(whole.size() - end);
    text = editor.finish();
  }

 private:
  bool left_;
  bool right_;
};

class StripAccents final : public Normalizer {
 public:
  void normalize(AlignedText& text) const override {
    if (all_ascii(text.text())) return;
    drop_characters(text,
                    [](char32_t c) { return c >= 0x300 && belongs(c, CharacterClass::combining_mark); });
  }
};

}  // namespace

std::unique_ptr<Normalizer> parse_strip(const JsonField& field) {
  return std::make_unique<Strip>(field.boolean_or("strip_left", true), field.boolean_or("strip_right", true));
}

std::unique_ptr<Normalizer> parse_strip_accents(const JsonField&) { return std::make_unique<StripAccents>(); }

}  // namespace regard::normalizers
