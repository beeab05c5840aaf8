#pragma once

#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/aligned_text.h"

namespace regard {

// A stretch of text between added tokens, cut into pieces that are tokenized one by one.
struct Section {
  AlignedText text;
  std::vector<ByteRange> pieces;  // in order, disjoint, none empty; what lies between them is dropped
  // The model reads each byte of a piece as its character of the byte alphabet (byte_alphabet.h). The
  // characters are written out only where another step must see them.
  bool bytes = false;
};

// Writes the byte alphabet's characters out where `bytes` is set.
void write_bytes_out(Section& section);

// Rewrites the pieces of a section: `rewrite(editor, piece)` is called for each and passes the editor over
// its end.
template <class Rewrite>
void rewrite_pieces(Section& section, Rewrite&& rewrite) {
  TextEditor editor(section.text);
  for (ByteRange& piece : section.pieces) {
    if (editor.position() < piece.begin) editor.skip(piece.begin - editor.position());
    const auto begin = static_cast<std::uint32_t>(editor.written());
    rewrite(editor, ByteRange(piece));
    piece = {begin, static_cast<std::uint32_t>(editor.written())};
  }
  section.text = editor.finish();
  std::erase_if(section.pieces, [](const ByteRange& piece) { return piece.size() == 0; });
}

// A part of a piece: a delimiter or what lies between delimiters.
struct Cut {
  ByteRange range;
  bool delimiter = false;
};

// What becomes of a delimiter; the names are those of `tokenizers`.
enum class DelimiterBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// "Removed" and so on; also their lower-case forms, which the Python package writes.
DelimiterBehavior parse_delimiter_behavior(const JsonField& field);

// Appends the pieces that `cuts`, which cover a piece without a gap, leave of it.
void join_cuts(const std::vector<Cut>& cuts, DelimiterBehavior behavior, std::vector<ByteRange>& pieces);

// Cuts each piece: `cut(text of the piece, cuts)` fills in positions within the piece.
template <class CutPiece>
void split_pieces(Section& section, DelimiterBehavior behavior, CutPiece&& cut) {
  std::vector<ByteRange> pieces;
  pieces.reserve(section.pieces.size() * 2);
  std::vector<Cut> cuts;
  for (const ByteRange& piece : section.pieces) {
    cuts.clear();
    cut(section.text.view(piece), cuts);
    for (Cut& part : cuts) {
      part.range.begin += piece.begin;
      part.range.end += piece.begin;
    }
    join_cuts(cuts, behavior, pieces);
  }
  section.pieces = std::move(pieces);
}

// The same for delimiters of one character each.
template <class IsDelimiter>
void split_at_characters(Section& section, DelimiterBehavior behavior, IsDelimiter&& is_delimiter) {
  split_pieces(section, behavior, [&](std::string_view text, std::vector<Cut>& cuts) {
    std::uint32_t plain = 0;
    const auto size = static_cast<std::uint32_t>(text.size());
    for (std::uint32_t i = 0; i < size;) {
      const Character c = character_at(text, i);
      const auto next = static_cast<std::uint32_t>(i + c.length);
      if (is_delimiter(c.code)) {
        if (plain < i) cuts.push_back({{plain, i}, false});
        cuts.push_back({{i, next}, true});
        plain = next;
      }
      i = next;
    }
    if (plain < size) cuts.push_back({{plain, size}, false});
  });
}

}  // namespace regard
