#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "regard/text/characters.h"

namespace regard {

struct ByteRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::uint32_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

// A text on its way through normalization that knows for each of its characters the bytes of the original
// text that it came from. As long as every character stands where it stood, in as many bytes, nothing is
// stored for that.
class AlignedText {
 public:
  AlignedText() = default;
  // A part of the original text, valid UTF-8, which begins there at byte `begin`.
  AlignedText(std::string_view part, std::size_t begin)
      : text_(part),
        whole_{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + part.size())} {}

  const std::string& text() const { return text_; }
  std::string_view view(ByteRange range) const {
    return std::string_view(text_).substr(range.begin, range.size());
  }
  ByteRange all() const { return {0, static_cast<std::uint32_t>(text_.size())}; }

  // The bytes of the original text from which the characters that hold bytes begin .. end - 1 came; begin <
  // end.
  ByteRange origin(std::size_t begin, std::size_t end) const;
  // The same for all of the text, also where nothing is left of it.
  ByteRange whole() const { return whole_; }

  // Maps each ASCII character to an ASCII character, faster than an editor.
  template <class Map>
  void map_ascii(Map&& map) {
    for (char& c : text_) {
      if (static_cast<unsigned char>(c) < 0x80) c = map(c);
    }
  }

  // Bytes begin .. end - 1, begin < end, both at characters.
  AlignedText part(std::size_t begin, std::size_t end) const;

 private:
  friend class TextEditor;

  std::string text_;
  std::vector<ByteRange> origins_;  // by byte; empty where each byte came from the one at its own position
  ByteRange whole_;
};

// Writes an AlignedText anew from its beginning to its end:
//   TextEditor editor(text);
//   while (!editor.at_end()) ...keep, skip, put...
//   text = editor.finish();
class TextEditor {
 public:
  explicit TextEditor(const AlignedText& source);

  bool at_end() const { return position_ >= source_.text_.size(); }
  std::size_t position() const { return position_; }
  Character next() const { return character_at(source_.text_, position_); }
  std::string_view rest() const { return std::string_view(source_.text_).substr(position_); }
  std::size_t written() const { return made_.text_.size(); }

  // Passes `bytes` bytes, whole characters, on as they are; leaves them out.
  void keep(std::size_t bytes);
  void skip(std::size_t bytes);
  // Writes text that came from the character that holds byte `at` of the source.
  void put(std::string_view text, std::size_t at);
  // Writes text for the next character.
  void replace(std::string_view text);

  AlignedText finish();

 private:
  void store_origins();

  const AlignedText& source_;
  AlignedText made_;
  std::size_t position_ = 0;
  bool in_place_;  // every character so far stands where it stood
};

}  // namespace regard
