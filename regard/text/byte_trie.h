#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace regard {

// A set of texts, walked byte by byte. The children of a node follow each other in breadth-first order, so
// that a node is a position and the bytes that lead on can be searched as text.
class ByteTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kNone = UINT32_MAX;
  static constexpr std::int32_t kNoValue = -1;

  struct Entry {
    std::string_view text;
    std::int32_t value;  // at least 0
  };

  ByteTrie() : ByteTrie(std::vector<Entry>{}) {}
  // Of equal texts the last entry counts.
  explicit ByteTrie(std::vector<Entry> entries);

  Node root() const { return 0; }
  // The node that a byte leads to, or kNone.
  Node step(Node node, char byte) const;
  // The node at the end of `text`, or kNone.
  Node walk(Node node, std::string_view text) const;
  std::int32_t value(Node node) const { return values_[node]; }

 private:
  std::vector<std::uint32_t> first_child_;  // by node, and one more
  std::vector<std::int32_t> values_;
  std::vector<char> labels_;  // the byte that leads to a node
};

}  // namespace regard
