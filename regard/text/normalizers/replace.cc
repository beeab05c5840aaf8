#include "regard/text/normalizers/types.h"
#include "regard/text/regular_expression.h"

namespace regard::normalizers {
namespace {

class Replace final : public Normalizer {
 public:
  Replace(RegularExpression pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  void normalize(AlignedText& text) const override {
    std::vector<ByteRange> matches;
    pattern_.find_all(text.text(), matches);
    if (matches.empty()) return;
    TextEditor editor(text);
    for (const ByteRange& match : matches) {
      if (editor.position() < match.begin) editor.keep(match.begin - editor.position());
      if (match.size() > 0 && match.size() == character_length(text.text()[match.begin]) &&
          !content_.empty()) {
        editor.replace(content_);
        continue;
      }
      // New text is aligned with the last character that it replaces.
      if (!content_.empty()) editor.put(content_, match.end == 0 ? 0 : match.end - 1);
      if (match.size() > 0) editor.skip(match.size());
    }
    editor.keep(text.text().size() - editor.position());
    text = editor.finish();
  }

 private:
  RegularExpression pattern_;
  std::string content_;
};

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string text) : text_(std::move(text)) {}

  void normalize(AlignedText& text) const override {
    if (text.text().empty() || text_.empty()) return;
    TextEditor editor(text);
    editor.put(text_, 0);
    editor.keep(text.text().size());
    text = editor.finish();
  }

 private:
  std::string text_;
};

}  // namespace

std::unique_ptr<Normalizer> parse_replace(const JsonField& field) {
  return std::make_unique<Replace>(parse_pattern(field.at("pattern")), field.at("content").text());
}

std::unique_ptr<Normalizer> parse_prepend(const JsonField& field) {
  return std::make_unique<Prepend>(field.at("prepend").text());
}

}  // namespace regard::normalizers
