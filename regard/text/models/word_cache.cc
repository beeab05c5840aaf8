#include "regard/text/models/word_cache.h"

#include <cstring>
#include <functional>

namespace regard::subword_models {

WordCache::WordCache() : places_(std::make_unique<Place[]>(kPlaces)) {}

WordCache::Place& WordCache::place_of(std::string_view word) const {
  return places_[std::hash<std::string_view>()(word) % kPlaces];
}

bool WordCache::find(std::string_view word, std::vector<SubwordToken>& tokens) const {
  if (word.size() > kMaxBytes) return false;
  Place& place = place_of(word);
  if (place.used.test_and_set(std::memory_order_acquire)) return false;
  const bool found =
      place.size == word.size() && std::memcmp(place.word.data(), word.data(), word.size()) == 0;
  for (std::size_t i = 0; found && i < place.count; ++i) {
    tokens.push_back({place.ids[i], place.begins[i], place.ends[i]});
  }
  place.used.clear(std::memory_order_release);
  return found;
}

void WordCache::store(std::string_view word, std::span<const SubwordToken> tokens) const {
  if (word.size() > kMaxBytes || tokens.size() > kMaxTokens) return;
  Place& place = place_of(word);
  if (place.used.test_and_set(std::memory_order_acquire)) return;
  place.size = static_cast<std::uint8_t>(word.size());
  place.count = static_cast<std::uint8_t>(tokens.size());
  std::memcpy(place.word.data(), word.data(), word.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    place.ids[i] = tokens[i].id;
    place.begins[i] = static_cast<std::uint8_t>(tokens[i].begin);
    place.ends[i] = static_cast<std::uint8_t>(tokens[i].end);
  }
  place.used.clear(std::memory_order_release);
}

}  // namespace regard::subword_models
