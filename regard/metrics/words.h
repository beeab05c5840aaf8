#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace regard {

// Numbers the words of a few texts that are compared: equal words get the same number.
class WordNumbers {
 public:
  std::vector<std::uint32_t> numbered(const std::vector<std::string_view>& words) {
    std::vector<std::uint32_t> out;
    out.reserve(words.size());
    for (const std::string_view word : words)
      out.push_back(
          numbers_.try_emplace(std::string(word), static_cast<std::uint32_t>(numbers_.size())).first->second);
    return out;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace regard
