#pragma once

#include <span>
#include <string>
#include <vector>

#include "regard/tasks/translate.h"
#include "regard/tasks/translate_source.h"

// How what a search found becomes text again.

namespace regard::tasks {

// A result for a piece of a line, or for the pieces so far.
struct Result {
  std::string text;
  std::vector<std::string> tokens;
  // With an alignment: for each token its source token, and its bytes in the text (none for an end token).
  std::vector<std::int64_t> aligned;
  std::vector<TextSpan> spans;
  double score = 0, log_p = 0;  // sums over the pieces
  std::int64_t generated = 0;
  std::int64_t unknown_replaced = 0, kept = 0, placed = 0;
};

// What a piece of a line was for the model: its tokens and the bytes of MaskedLine::text they stand for.
struct PieceTokens {
  const MaskedLine* line = nullptr;
  TextSpan span;
  std::vector<std::string> tokens;
  std::vector<TextSpan> spans;
  std::vector<Kept> kept;  // those that begin in the piece
};
PieceTokens tokens_of(const MaskedLine& line, const SourcePiece& piece, const Tokenizer& tokenizer);

// Whether a result's alignment has to be known: for its own sake, for an unknown token, for a kept part.
bool needs_alignment(const decode::Hypothesis& found, const PieceTokens& piece, const Tokenizer& tokenizer,
                     const TranslateOptions& options);

struct RenderInput {
  const decode::Hypothesis* found = nullptr;
  const PieceTokens* piece = nullptr;
  const explain::SoftAlignment* alignment = nullptr;  // null where it is not needed
};
Result render(const RenderInput& input, const Tokenizer& tokenizer, const TranslateOptions& options);

// The results of a line from those of its pieces, `source_tokens[p]` being the tokens of piece p: of searches
// the best sums of scores, of samples the first with the first.
std::vector<Result> put_together(std::vector<std::vector<Result>> pieces,
                                 const std::vector<std::size_t>& source_tokens,
                                 const TranslateOptions& options);

// Parts of the two texts between which links are wanted, such as their words; from left to right.
struct AlignmentUnits {
  std::vector<TextSpan> source, target;
};
// The units' links, sorted, from those of the tokens: `aligned` is for each target token its source token,
// and `tokens` where they stand. A token without bytes, such as an end token, belongs to no unit.
std::vector<AlignmentLink> unit_links(std::span<const std::int64_t> aligned, const AlignmentUnits& tokens,
                                      const AlignmentUnits& units);

}  // namespace regard::tasks
