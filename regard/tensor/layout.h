#pragma once

#include <cstdint>
#include <vector>

namespace regard {

// Where the tokens of a batch lie. Between attentions activations are [N, C] with N real tokens: padding is
// not kept. Sequence s owns the rows begin .. begin + length - 1; `past` tokens of it came before (in a
// cache), so its first row stands at position `past`. `padded` is its length in the padded form that only the
// edges see.
struct Sequence {
  std::int64_t begin = 0;
  std::int64_t length = 0;
  std::int64_t past = 0;
  std::int64_t padded = 0;
};

class Layout {
 public:
  Layout() = default;
  // Sequences of these lengths one after another, each with no past.
  static Layout of(const std::vector<std::int64_t>& lengths);

  void add(std::int64_t length, std::int64_t past = 0);
  const std::vector<Sequence>& sequences() const { return sequences_; }
  std::int64_t batch() const { return static_cast<std::int64_t>(sequences_.size()); }  // B
  std::int64_t tokens() const { return tokens_; }                                      // N
  std::int64_t longest() const;
  // [N]: each row's position in its sequence, the past counted.
  const std::vector<std::int32_t>& positions() const { return positions_; }

 private:
  std::vector<Sequence> sequences_;
  std::vector<std::int32_t> positions_;
  std::int64_t tokens_ = 0;
};

}  // namespace regard
