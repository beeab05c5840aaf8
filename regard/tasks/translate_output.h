#pragma once

#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/tasks/translate.h"

namespace regard::tasks {

enum class AlignmentUnit : std::uint8_t { tokens, words };

// How translations are written.
struct OutputOptions {
  bool scores = false;     // a column
  bool quality = false;    // a column
  bool alignment = false;  // likewise
  AlignmentUnit alignment_unit = AlignmentUnit::words;
  bool nbest = false;  // a line for each result: number of the line ||| text ||| columns
};

// The lines of one translation, in text, without the last line break:
//   score TAB quality TAB text TAB alignment
// of those that are wanted, or with nbest, for each result,
//   number ||| text ||| score ||| quality ||| alignment
// where the score always stands. An alignment is Pharaoh's: `0-0 1-2`, source before target.
std::string to_text(const Translation& translation, std::size_t number, const OutputOptions& options);

// As the one object of --json: text, score, quality, tokens, alternatives, and source_tokens with alignment
// [[source, target], ...] or attention [layer][head][target][source] where they were asked for.
Json to_json(const Translation& translation, const OutputOptions& options);

// For a line of output: line breaks as `\n`.
std::string one_line(std::string text);

// "0-0 1-2"
std::string to_pharaoh(const std::vector<AlignmentLink>& links);

}  // namespace regard::tasks
