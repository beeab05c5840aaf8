#include "regard/text/aligned_text.h"

namespace regard {
namespace {

// The character that holds byte `at`.
ByteRange character_around(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && continues_character(text[begin])) --begin;
  std::size_t end = at + 1;
  while (end < text.size() && continues_character(text[end])) ++end;
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

}  // namespace

ByteRange AlignedText::origin(std::size_t begin, std::size_t end) const {
  if (!origins_.empty()) return {origins_[begin].begin, origins_[end - 1].end};
  return {whole_.begin + character_around(text_, begin).begin,
          whole_.begin + character_around(text_, end - 1).end};
}

AlignedText AlignedText::part(std::size_t begin, std::size_t end) const {
  AlignedText made;
  made.text_ = text_.substr(begin, end - begin);
  made.whole_ = origin(begin, end);
  if (!origins_.empty()) {
    made.origins_.assign(origins_.begin() + static_cast<std::ptrdiff_t>(begin),
                         origins_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return made;
}

TextEditor::TextEditor(const AlignedText& source) : source_(source), in_place_(source.origins_.empty()) {
  made_.whole_ = source.whole_;
  made_.text_.reserve(source.text_.size() + 16);
}

void TextEditor::store_origins() {
  if (!in_place_) return;
  in_place_ = false;
  made_.origins_.reserve(source_.text_.size() + 16);
  for (std::size_t i = 0; i < made_.text_.size();) {
    const std::size_t length = character_length(source_.text_[i]);
    made_.origins_.insert(made_.origins_.end(), length, source_.origin(i, i + length));
    i += length;
  }
}

void TextEditor::keep(std::size_t bytes) {
  made_.text_.append(source_.text_, position_, bytes);
  if (!in_place_) {
    if (source_.origins_.empty()) {
      for (std::size_t i = position_; i < position_ + bytes;) {
        const std::size_t length = character_length(source_.text_[i]);
        made_.origins_.insert(made_.origins_.end(), length, source_.origin(i, i + length));
        i += length;
      }
    } else {
      const auto from = source_.origins_.begin() + static_cast<std::ptrdiff_t>(position_);
      made_.origins_.insert(made_.origins_.end(), from, from + static_cast<std::ptrdiff_t>(bytes));
    }
  }
  position_ += bytes;
}

void TextEditor::skip(std::size_t bytes) {
  store_origins();
  position_ += bytes;
}

void TextEditor::put(std::string_view text, std::size_t at) {
  store_origins();
  made_.text_.append(text);
  made_.origins_.insert(made_.origins_.end(), text.size(), source_.origin(at, at + 1));
}

void TextEditor::replace(std::string_view text) {
  const std::size_t length = character_length(source_.text_[position_]);
  if (in_place_ && text.size() == length && character_length(text[0]) == length) {
    made_.text_.append(text);
  } else {
    put(text, position_);
  }
  position_ += length;
}

AlignedText TextEditor::finish() {
  // Without its end a text no longer tells by position where it ended.
  if (in_place_ && made_.text_.size() != source_.text_.size()) store_origins();
  return std::move(made_);
}

}  // namespace regard
