#include "regard/text/byte_trie.h"

#include <algorithm>
#include <cstring>

namespace regard {
namespace {

// Entries that share their first `depth` bytes: what lies below one node.
struct Group {
  std::size_t begin;
  std::size_t end;
  std::size_t depth;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<Entry> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.text < b.text; });
  std::vector<Group> groups;
  labels_.push_back('\0');
  groups.push_back({0, entries.size(), 0});
  // Groups stand in the order of their nodes; each appends its children behind all that are known.
  for (std::size_t node = 0; node < groups.size(); ++node) {
    Group group = groups[node];
    first_child_.push_back(static_cast<std::uint32_t>(groups.size()));
    values_.push_back(kNoValue);
    while (group.begin < group.end && entries[group.begin].text.size() == group.depth) {
      values_.back() = entries[group.begin++].value;
    }
    while (group.begin < group.end) {
      const char label = entries[group.begin].text[group.depth];
      std::size_t end = group.begin + 1;
      while (end < group.end && entries[end].text[group.depth] == label) ++end;
      groups.push_back({group.begin, end, group.depth + 1});
      labels_.push_back(label);
      group.begin = end;
    }
  }
  first_child_.push_back(static_cast<std::uint32_t>(groups.size()));
}

ByteTrie::Node ByteTrie::step(Node node, char byte) const {
  const std::uint32_t first = first_child_[node];
  const std::uint32_t count = first_child_[node + 1] - first;
  if (count == 0) return kNone;
  const char* const labels = labels_.data() + first;
  const void* const found = std::memchr(labels, static_cast<unsigned char>(byte), count);
  if (found == nullptr) return kNone;
  return first + static_cast<std::uint32_t>(static_cast<const char*>(found) - labels);
}

ByteTrie::Node ByteTrie::walk(Node node, std::string_view text) const {
  for (const char byte : text) {
    if (node == kNone) return kNone;
    node = step(node, byte);
  }
  return node;
}

}  // namespace regard
