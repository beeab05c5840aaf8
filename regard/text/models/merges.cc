#include "regard/text/models/merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

namespace regard::subword_models {
namespace {

constexpr std::size_t kFew = 48;  // up to so many, looking at all of them is quicker than a heap

std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
  return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
}

// A symbol of a long word: a member of a list.
struct Link {
  std::int32_t previous;
  std::int32_t next;
};

struct Candidate {
  std::uint32_t rank;
  std::int32_t left;

  // The greatest of a heap is the earliest, leftmost merge.
  bool operator<(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : left > other.left;
  }
};

}  // namespace

Merges::Merges(std::size_t count) : slots_(std::bit_ceil(count * 2 + 2)) {}

std::size_t Merges::slot_of(std::uint64_t pair) const {
  std::uint64_t mixed = pair * 0x9E3779B97F4A7C15U;  // Fibonacci hashing
  mixed ^= mixed >> 32;
  std::size_t at = static_cast<std::size_t>(mixed) & (slots_.size() - 1);
  while (slots_[at].pair != pair && slots_[at].pair != kFree) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void Merges::add(std::int32_t left, std::int32_t right, Merge merge) {
  const std::uint64_t pair = pair_of(left, right);
  slots_[slot_of(pair)] = {pair, merge};
}

Merge Merges::find(std::int32_t left, std::int32_t right) const {
  const Slot& slot = slots_[slot_of(pair_of(left, right))];
  return slot.pair == kFree ? Merge{} : slot.merge;
}

void Merges::apply(std::vector<SubwordToken>& word) const {
  if (word.size() < 2) return;
  if (word.size() <= kFew) {
    apply_to_few(word);
  } else {
    apply_to_many(word);
  }
}

void Merges::apply_to_few(std::vector<SubwordToken>& word) const {
  std::array<Merge, kFew> next;  // of each token with the one behind it
  const auto look = [&](std::size_t i) {
    next[i] = i + 1 < word.size() ? find(word[i].id, word[i + 1].id) : Merge{};
  };
  for (std::size_t i = 0; i < word.size(); ++i) look(i);
  while (word.size() > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < word.size(); ++i) {
      if (next[i].rank < next[best].rank) best = i;
    }
    if (next[best].rank == Merge::kNever) return;
    word[best] = {next[best].id, word[best].begin, word[best + 1].end};
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    for (std::size_t i = best + 1; i < word.size(); ++i) next[i] = next[i + 1];
    look(best);
    if (best > 0) look(best - 1);
  }
}

void Merges::apply_to_many(std::vector<SubwordToken>& word) const {
  const auto size = static_cast<std::int32_t>(word.size());
  std::vector<Link> links(word.size());
  std::vector<bool> gone(word.size(), false);
  std::priority_queue<Candidate> queue;
  const auto at = [](std::int32_t i) { return static_cast<std::size_t>(i); };
  const auto offer = [&](std::int32_t left) {
    const std::int32_t right = left < 0 ? size : links[at(left)].next;
    if (right >= size) return;
    const Merge merge = find(word[at(left)].id, word[at(right)].id);
    if (merge.rank != Merge::kNever) queue.push({merge.rank, left});
  };
  for (std::int32_t i = 0; i < size; ++i) links[at(i)] = {i - 1, i + 1};
  for (std::int32_t i = 0; i < size; ++i) offer(i);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    const std::int32_t right = links[at(top.left)].next;
    if (gone[at(top.left)] || right >= size) continue;
    const Merge merge = find(word[at(top.left)].id, word[at(right)].id);
    if (merge.rank != top.rank) continue;  // one of the two has changed since
    word[at(top.left)] = {merge.id, word[at(top.left)].begin, word[at(right)].end};
    gone[at(right)] = true;
    links[at(top.left)].next = links[at(right)].next;
    if (links[at(right)].next < size) links[at(links[at(right)].next)].previous = top.left;
    offer(top.left);
    offer(links[at(top.left)].previous);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!gone[i]) word[kept++] = word[i];
  }
  word.resize(kept);
}

}  // namespace regard::subword_models
