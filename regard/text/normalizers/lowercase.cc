#include "regard/text/normalizers/lowercase.h"

#include "regard/text/code_points.h"
#include "regard/text/normalizers/types.h"

namespace regard::normalizers {
namespace {

class Lowercase final : public Normalizer {
 public:
  void normalize(AlignedText& text) const override { lowercase(text); }
};

}  // namespace

void lowercase(AlignedText& text) {
  text.map_ascii([](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  if (all_ascii(text.text())) return;
  TextEditor editor(text);
  std::string lower;
  while (!editor.at_end()) {
    const Character c = editor.next();
    lower.clear();
    if (c.code == 0x130) {
      lower = "i\u0307";
    } else {
      append_utf8(lower, lower_case(c.code));
    }
    editor.replace(lower);
  }
  text = editor.finish();
}

std::unique_ptr<Normalizer> parse_lowercase(const JsonField&) { return std::make_unique<Lowercase>(); }

}  // namespace regard::normalizers
