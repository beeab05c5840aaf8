#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "regard/decode/search.h"
#include "regard/text/placeholders.h"
#include "regard/text/tokenizer.h"

// How a line becomes what a model translates: parts that are kept are masked, and what is too long is cut.

namespace regard::tasks {

// A part of a line that is kept, and the word that stands for it while the model works.
struct Kept {
  std::string text, carrier;
  TextSpan original;  // in the line
  TextSpan masked;    // of the carrier in MaskedLine::text
  // Whether a space was put between the carrier and what it touched, which is to go again.
  bool glued_before = false, glued_after = false;
};

struct MaskedLine {
  std::string text;
  std::vector<Kept> kept;  // from left to right
  // The bytes of the line that bytes of the text stand for.
  TextSpan original(const TextSpan& masked) const;
};

// Words that can stand for kept parts: single letters that both sides of the vocabulary know, else others.
std::vector<std::string> carriers(const Tokenizer& tokenizer);

// `line` is valid UTF-8. Carriers are words that the line does not have.
MaskedLine mask(std::string_view line, const PlaceholderRules* keep,
                const std::vector<std::string>& carriers);

struct PieceOptions {
  std::size_t longest = 0;  // ids, the end token counted
  bool split_sentences = false;
  bool cut = false;  // a line that is too long is cut at its end, and is one piece
};
struct SourcePiece {
  TextSpan span;  // in MaskedLine::text
  decode::TokenIds ids;
};
struct SourcePieces {
  std::vector<SourcePiece> pieces;  // none for a line of white space
  bool too_long = false;
};
SourcePieces pieces_of(const MaskedLine& line, const Tokenizer& tokenizer, const PieceOptions& options);

}  // namespace regard::tasks
