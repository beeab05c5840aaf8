#include "regard/text/normalizers/types.h"

namespace regard::normalizers {
namespace {

bool is_dropped(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F ||
         c == 0x9F;
}

bool is_blank(char32_t c) {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
         c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

// SentencePiece's rules "nmt" for control characters and odd spaces.
class Nmt final : public Normalizer {
 public:
  void normalize(AlignedText& text) const override {
    TextEditor editor(text);
    while (!editor.at_end()) {
      const Character c = editor.next();
      if (is_dropped(c.code)) {
        editor.skip(c.length);
      } else if (is_blank(c.code)) {
        editor.replace(" ");
      } else {
        editor.keep(c.length);
      }
    }
    text = editor.finish();
  }
};

}  // namespace

std::unique_ptr<Normalizer> parse_nmt(const JsonField&) { return std::make_unique<Nmt>(); }

}  // namespace regard::normalizers
