#include "regard/metrics/alignment_error_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

void sort_out(std::vector<AlignmentLink>& links) {
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
}

std::int64_t common(const std::vector<AlignmentLink>& found, const std::vector<AlignmentLink>& among) {
  return std::count_if(found.begin(), found.end(), [&](const AlignmentLink& link) {
    return std::binary_search(among.begin(), among.end(), link);
  });
}

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 1 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void AlignmentErrorRate::add(std::vector<AlignmentLink> found, const ReferenceAlignment& reference) {
  std::vector<AlignmentLink> sure = reference.sure, possible = reference.possible;
  possible.insert(possible.end(), sure.begin(), sure.end());
  sort_out(found);
  sort_out(sure);
  sort_out(possible);
  counts_.links += static_cast<std::int64_t>(found.size());
  counts_.sure += static_cast<std::int64_t>(sure.size());
  counts_.links_sure += common(found, sure);
  counts_.links_possible += common(found, possible);
}

AlignmentScore AlignmentErrorRate::score() const {
  AlignmentScore score = counts_;
  score.precision = share(score.links_possible, score.links);
  score.recall = share(score.links_sure, score.sure);
  score.error_rate = 1 - share(score.links_sure + score.links_possible, score.links + score.sure);
  return score;
}

ReferenceAlignment parse_alignment(std::string_view line) {
  ReferenceAlignment made;
  for (const std::string_view word : split_white_space(line)) {
    AlignmentLink link;
    const char* end = word.data() + word.size();
    const auto [middle, failed] = std::from_chars(word.data(), end, link.source);
    const bool separated =
        failed == std::errc{} && middle < end && (*middle == '-' || *middle == '?' || *middle == 'p');
    const auto [last, failed_too] =
        separated ? std::from_chars(middle + 1, end, link.target) : std::from_chars_result{};
    if (!separated || failed_too != std::errc{} || last != end || link.source < 0 || link.target < 0)
      throw InputError(
          fmt::format("found {}, expected links such as 0-0, or 1?2 for a possible one", printable(word)));
    (*middle == '-' ? made.sure : made.possible).push_back(link);
  }
  return made;
}

}  // namespace regard
