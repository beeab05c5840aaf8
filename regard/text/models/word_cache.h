#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "regard/text/subword_model.h"

namespace regard::subword_models {

// Remembers how words were split. Of fixed size: a word takes the place of another with the same hash.
// Threads may share one: a place that another thread is using counts as one that does not hold the word.
class WordCache {
 public:
  WordCache();

  // Appends the tokens of a word; false where they are not known.
  bool find(std::string_view word, std::vector<SubwordToken>& tokens) const;
  void store(std::string_view word, std::span<const SubwordToken> tokens) const;

 private:
  static constexpr std::size_t kPlaces = std::size_t{1} << 15;
  static constexpr std::size_t kMaxBytes = 30;
  static constexpr std::size_t kMaxTokens = 8;

  struct Place {
    std::atomic_flag used = ATOMIC_FLAG_INIT;
    std::uint8_t size = 0;
    std::uint8_t count = 0;
    std::array<char, kMaxBytes> word{};
    std::array<std::int32_t, kMaxTokens> ids{};
    std::array<std::uint8_t, kMaxTokens> begins{};
    std::array<std::uint8_t, kMaxTokens> ends{};
  };

  Place& place_of(std::string_view word) const;

  std::unique_ptr<Place[]> places_;
};

}  // namespace regard::subword_models
