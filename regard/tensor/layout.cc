#include "regard/tensor/layout.h"

#include <algorithm>

namespace regard {

Layout Layout::of(const std::vector<std::int64_t>& lengths) {
  Layout layout;
  for (std::int64_t n : lengths) layout.add(n);
  const std::int64_t padded = layout.longest();
  for (Sequence& s : layout.sequences_) s.padded = padded;
  return layout;
}

void Layout::add(std::int64_t length, std::int64_t past) {
  sequences_.push_back({tokens_, length, past, length});
  for (std::int64_t i = 0; i < length; ++i) positions_.push_back(static_cast<std::int32_t>(past + i));
  tokens_ += length;
}

std::int64_t Layout::longest() const {
  std::int64_t n = 0;
  for (const Sequence& s : sequences_) n = std::max(n, s.length);
  return n;
}

}  // namespace regard
