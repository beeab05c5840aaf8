#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

// The alignment error rate (Och and Ney 2003, "A systematic comparison of various statistical alignment
// models", section 6.1).

namespace regard {

// Source word `source` belongs to target word `target`; both count from 0.
struct AlignmentLink {
  std::int64_t source = 0, target = 0;
  auto operator<=>(const AlignmentLink&) const = default;
};

// What people agree on, and what one may say; every sure link counts as possible too.
struct ReferenceAlignment {
  std::vector<AlignmentLink> sure, possible;
};

struct AlignmentScore {
  double error_rate = 0;  // 0 to 1; 0 of nothing
  double precision = 1;   // of the links found: possible ones
  double recall = 1;      // of the sure links: found ones
  std::int64_t links = 0, sure = 0, links_sure = 0, links_possible = 0;
};

// Adds sentences up: 1 - (|A and S| + |A and P|) / (|A| + |S|), A being the links found. A link that stands
// twice counts once.
class AlignmentErrorRate {
 public:
  void add(std::vector<AlignmentLink> found, const ReferenceAlignment& reference);
  AlignmentScore score() const;

 private:
  AlignmentScore counts_;
};

// The links of a line: "0-0 1-2" are sure, "1?2" (or "1p2") is possible only. InputError says what was found;
// the caller knows file and line.
ReferenceAlignment parse_alignment(std::string_view line);

}  // namespace regard
