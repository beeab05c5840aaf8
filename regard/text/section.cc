#include "regard/text/section.h"

#include <algorithm>

#include "regard/text/byte_alphabet.h"

namespace regard {
namespace {

bool starts_own_piece(const Cut& cut, bool previous, DelimiterBehavior behavior) {
  if (behavior == DelimiterBehavior::contiguous) return cut.delimiter != previous;
  return !cut.delimiter || previous;
}

void append(ByteRange range, std::vector<ByteRange>& pieces) {
  if (range.size() > 0) pieces.push_back(range);
}

// Joins a cut with the one before it where it starts no piece of its own.
void join_forward(const std::vector<Cut>& cuts, DelimiterBehavior behavior, std::vector<ByteRange>& pieces) {
  bool previous = false;
  ByteRange open;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    if (i > 0 && !starts_own_piece(cuts[i], previous, behavior)) {
      open.end = cuts[i].range.end;
    } else {
      append(open, pieces);
      open = cuts[i].range;
    }
    previous = cuts[i].delimiter;
  }
  append(open, pieces);
}

void join_with_next(const std::vector<Cut>& cuts, std::vector<ByteRange>& pieces) {
  const auto first = static_cast<std::ptrdiff_t>(pieces.size());
  bool previous = false;
  ByteRange open;
  for (std::size_t i = cuts.size(); i-- > 0;) {
    if (i + 1 < cuts.size() && cuts[i].delimiter && !previous) {
      open.begin = cuts[i].range.begin;
    } else {
      append(open, pieces);
      open = cuts[i].range;
    }
    previous = cuts[i].delimiter;
  }
  append(open, pieces);
  std::reverse(pieces.begin() + first, pieces.end());
}

}  // namespace

DelimiterBehavior parse_delimiter_behavior(const JsonField& field) {
  struct Row {
    std::string_view name;
    std::string_view lower;
    DelimiterBehavior behavior;
  };
  static constexpr Row kRows[] = {
      {"Removed", "removed", DelimiterBehavior::removed},
      {"Isolated", "isolated", DelimiterBehavior::isolated},
      {"MergedWithPrevious", "merged_with_previous", DelimiterBehavior::merged_with_previous},
      {"MergedWithNext", "merged_with_next", DelimiterBehavior::merged_with_next},
      {"Contiguous", "contiguous", DelimiterBehavior::contiguous},
  };
  const std::string& name = field.text();
  for (const Row& row : kRows) {
    if (name == row.name || name == row.lower) return row.behavior;
  }
  field.refuse("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

void join_cuts(const std::vector<Cut>& cuts, DelimiterBehavior behavior, std::vector<ByteRange>& pieces) {
  switch (behavior) {
    case DelimiterBehavior::removed:
    case DelimiterBehavior::isolated:
      for (const Cut& cut : cuts) {
        if (!cut.delimiter || behavior == DelimiterBehavior::isolated) append(cut.range, pieces);
      }
      return;
    case DelimiterBehavior::merged_with_next:
      return join_with_next(cuts, pieces);
    default:
      return join_forward(cuts, behavior, pieces);
  }
}

void write_bytes_out(Section& section) {
  if (!section.bytes) return;
  section.bytes = false;
  rewrite_pieces(section, [](TextEditor& editor, ByteRange piece) {
    while (editor.position() < piece.end) {
      const std::string_view next = editor.rest().substr(0, editor.next().length);
      editor.put(to_byte_alphabet(next), editor.position());
      editor.skip(next.size());
    }
  });
}

}  // namespace regard
