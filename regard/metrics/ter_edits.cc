#include "regard/metrics/ter_edits.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

namespace regard {
namespace {

using Words = std::vector<std::uint32_t>;
using Row = std::vector<std::int32_t>;

// Of tercom: how long a shifted sequence is and how far it is shifted, at most; how far from the diagonal the
// edit distance is computed.
constexpr std::size_t longest_shift = 10;
constexpr std::size_t farthest_shift = 50;
constexpr std::int64_t beam = 25;
// Of sacreBLEU: shifts tried for a segment. A search that comes so far gives up the round it is in.
constexpr int most_candidates = 1000;
constexpr std::int32_t unreachable = 1 << 29;

enum class Edit : std::uint8_t { none, keep, replace, insert, remove };

// What a hypothesis says of its reference, seen from the fewest edits between them.
struct Alignment {
  std::vector<std::int64_t> of_reference;  // the word of the hypothesis at or before each word; -1: none
  std::vector<int> wrong_reference;        // how many words before each are not met, [words + 1]
  std::vector<int> wrong_hypothesis;
};

// Edit distance between hypotheses of one length and a reference, in a band around the diagonal.
class BandedDistance {
 public:
  BandedDistance(std::span<const std::uint32_t> reference, std::size_t hypothesis_length)
      : reference_(reference),
        length_(hypothesis_length),
        ratio_(length_ == 0 ? 1.0 : static_cast<double>(reference.size()) / static_cast<double>(length_)),
        // Rows of very unequal sides would not touch otherwise.
        width_(static_cast<double>(beam) < ratio_ / 2
                   ? static_cast<std::int64_t>(std::ceil(ratio_ / 2 + static_cast<double>(beam)))
                   : beam),
        rows_(length_ + 1, Row(reference.size() + 1, unreachable)),
        edits_(length_ + 1, std::vector<Edit>(reference.size() + 1, Edit::none)) {
    for (std::size_t j = 0; j <= reference_.size(); ++j) rows_[0][j] = static_cast<std::int32_t>(j);
    std::fill(edits_[0].begin(), edits_[0].end(), Edit::insert);
  }

  // The distance of `words`, whose rows are kept for what follows.
  std::int32_t keep(const Words& words) {
    for (std::size_t i = 1; i <= length_; ++i) fill(i, words[i - 1], {rows_[i - 1], rows_[i], &edits_[i]});
    return rows_[length_].back();
  }

  // The distance of words that begin with the first `same` of those kept; where it is more than `most`,
  // anything that is more.
  std::int32_t of(const Words& words, std::size_t same, std::int32_t most) {
    const Row* above = &rows_[same];
    for (std::size_t i = same + 1; i <= length_; ++i) {
      Row& row = scratch_[i % 2];
      row.assign(reference_.size() + 1, unreachable);
      // All ways lead through this row, and nothing makes them cheaper.
      if (fill(i, words[i - 1], {*above, row, nullptr}) > most) return unreachable;
      above = &row;
    }
    return above->back();
  }

  Alignment alignment() const;  // of the words kept

 private:
  struct Rows {
    const Row& above;
    Row& row;
    std::vector<Edit>* edits;  // or null
  };
  // Row i, and its least element. Of equal ways: keep or replace, then remove, then insert.
  std::int32_t fill(std::size_t i, std::uint32_t word, const Rows& rows) const;

  std::span<const std::uint32_t> reference_;
  std::size_t length_;
  double ratio_;
  std::int64_t width_;
  std::vector<Row> rows_;
  std::vector<std::vector<Edit>> edits_;
  Row scratch_[2];
};

std::int32_t BandedDistance::fill(std::size_t i, std::uint32_t word, const Rows& rows) const {
  const auto all = static_cast<std::int64_t>(reference_.size()) + 1;
  const auto diagonal = static_cast<std::int64_t>(std::floor(static_cast<double>(i) * ratio_));
  const auto first = static_cast<std::size_t>(std::max<std::int64_t>(0, diagonal - width_));
  const auto end = static_cast<std::size_t>(i == length_ ? all : std::min(all, diagonal + width_));
  std::int32_t least = unreachable;
  std::fill(rows.row.begin(), rows.row.end(), unreachable);
  for (std::size_t j = first; j < end; ++j) {
    std::int32_t cost = unreachable;
    Edit edit = Edit::none;
    const auto offer = [&](std::int32_t value, Edit by) {
      if (value >= cost) return;
      cost = value;
      edit = by;
    };
    if (j > 0) {
      const bool equal = word == reference_[j - 1];
      offer(rows.above[j - 1] + (equal ? 0 : 1), equal ? Edit::keep : Edit::replace);
    }
    offer(rows.above[j] + 1, Edit::remove);
    if (j > 0) offer(rows.row[j - 1] + 1, Edit::insert);
    rows.row[j] = cost;
    if (rows.edits != nullptr) (*rows.edits)[j] = edit;
    least = std::min(least, cost);
  }
  return least;
}

Alignment BandedDistance::alignment() const {
  Alignment made;
  made.of_reference.resize(reference_.size());
  made.wrong_reference.resize(reference_.size() + 1);
  made.wrong_hypothesis.resize(length_ + 1);
  std::size_t i = length_, j = reference_.size();
  while (i > 0 || j > 0) {
    const Edit edit = edits_[i][j];
    assert(edit != Edit::none);
    if (edit == Edit::remove) {
      made.wrong_hypothesis[i--] = 1;
      continue;
    }
    // An inserted word stands behind the last word of the hypothesis so far.
    made.of_reference[j - 1] = static_cast<std::int64_t>(i) - 1;
    made.wrong_reference[j] = edit == Edit::keep ? 0 : 1;
    if (edit != Edit::insert) {
      made.wrong_hypothesis[i] = made.wrong_reference[j];
      --i;
    }
    --j;
  }
  for (std::size_t n = 1; n <= reference_.size(); ++n) made.wrong_reference[n] += made.wrong_reference[n - 1];
  for (std::size_t n = 1; n <= length_; ++n) made.wrong_hypothesis[n] += made.wrong_hypothesis[n - 1];
  return made;
}

// Words begin .. begin + length - 1 go before the word `target`; where that lies among themselves, as many
// words further on.
struct Shift {
  std::size_t begin = 0, length = 0, target = 0;
};

void shift(const Words& words, const Shift& by, Words& made) {
  made = words;
  const auto at = [&](std::size_t n) {
    return made.begin() + static_cast<std::ptrdiff_t>(std::min(n, words.size()));
  };
  const std::size_t end = by.begin + by.length;
  if (by.target < by.begin)
    std::rotate(at(by.target), at(by.begin), at(end));
  else if (by.target > end)
    std::rotate(at(by.begin), at(end), at(by.target));
  else
    std::rotate(at(by.begin), at(end), at(by.length + by.target));
}

class ShiftSearch {
 public:
  ShiftSearch(std::span<const std::uint32_t> hypothesis, std::span<const std::uint32_t> reference)
      : words_(hypothesis.begin(), hypothesis.end()),
        reference_(reference),
        distance_(reference, hypothesis.size()) {}

  std::int64_t edits() {
    std::int64_t shifts = 0;
    for (;;) {
      kept_ = distance_.keep(words_);
      alignment_ = distance_.alignment();
      best_.reset();
      gain_ = 0;
      try_all();
      if (candidates_ >= most_candidates || !best_) return shifts + kept_;
      ++shifts;
      shift(words_, *best_, shifted_);
      words_.swap(shifted_);
    }
  }

 private:
  void try_all();
  void try_targets(const Shift& from, std::size_t in_reference);
  void consider(const Shift& candidate);

  Words words_, shifted_;
  std::span<const std::uint32_t> reference_;
  BandedDistance distance_;
  std::int32_t kept_ = 0;  // the distance of words_
  Alignment alignment_;
  std::optional<Shift> best_;
  std::int32_t gain_ = 0;  // of the best
  int candidates_ = 0;     // in all rounds
};

// Every sequence of words that stands elsewhere in the reference.
void ShiftSearch::try_all() {
  for (std::size_t h = 0; h < words_.size(); ++h) {
    for (std::size_t r = 0; r < reference_.size(); ++r) {
      if ((h > r ? h - r : r - h) > farthest_shift) continue;
      for (std::size_t n = 1; n <= longest_shift && h + n <= words_.size() && r + n <= reference_.size();
           ++n) {
        if (words_[h + n - 1] != reference_[r + n - 1]) break;
        try_targets({h, n, 0}, r);
        if (candidates_ >= most_candidates) return;
      }
    }
  }
}

void ShiftSearch::try_targets(const Shift& from, std::size_t in_reference) {
  const auto& h = alignment_.wrong_hypothesis;
  const auto& r = alignment_.wrong_reference;
  // Only what is wrong where it stands and missing where it would go.
  if (h[from.begin + from.length] == h[from.begin]) return;
  if (r[in_reference + from.length] == r[in_reference]) return;
  const std::int64_t there = alignment_.of_reference[in_reference];
  const auto begin = static_cast<std::int64_t>(from.begin);
  if (begin <= there && there < begin + static_cast<std::int64_t>(from.length)) return;
  std::optional<std::size_t> before;
  for (std::size_t n = 0; n <= from.length; ++n) {
    // Behind the word that goes with the reference's word before the sequence, then with each within it.
    const std::size_t word = in_reference + n;
    const std::size_t target =
        word == 0 ? 0 : static_cast<std::size_t>(alignment_.of_reference[word - 1] + 1);
    if (before == target) continue;
    before = target;
    ++candidates_;
    consider({from.begin, from.length, target});
  }
}

// The best saves most; of equals it is longest, then begins first, then goes to the earliest place.
void ShiftSearch::consider(const Shift& candidate) {
  const auto rank = [](const Shift& s) {
    return std::tuple(-static_cast<std::int64_t>(s.length), s.begin, s.target);
  };
  const bool wins_ties = best_ && rank(candidate) < rank(*best_);
  const std::int32_t needed = std::max(1, gain_ + (wins_ties ? 0 : 1));
  shift(words_, candidate, shifted_);
  const std::int32_t gain =
      kept_ - distance_.of(shifted_, std::min(candidate.begin, candidate.target), kept_ - needed);
  if (gain < needed) return;
  gain_ = gain;
  best_ = candidate;
}

}  // namespace

std::int64_t translation_edits(std::span<const std::uint32_t> hypothesis,
                               std::span<const std::uint32_t> reference) {
  if (reference.empty()) return static_cast<std::int64_t>(hypothesis.size());
  return ShiftSearch(hypothesis, reference).edits();
}

}  // namespace regard
