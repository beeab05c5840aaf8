#include "regard/text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>

namespace regard {
namespace {

constexpr std::int64_t kMaxIds = std::int64_t{1} << 24;
constexpr std::int64_t kFreeIds = 1'000'000;  // ids are places in memory: they may leave gaps, but not any
constexpr std::int64_t kIdsPerToken = 16;
constexpr std::size_t kMaxTokenBytes = 10'000;

}  // namespace

Vocabulary::Vocabulary(const std::vector<std::string_view>& tokens) {
  std::vector<Entry> entries;
  entries.reserve(tokens.size());
  for (const std::string_view token : tokens)
    entries.emplace_back(token, static_cast<std::int32_t>(entries.size()));
  fill(entries);
}

void Vocabulary::fill(const std::vector<Entry>& entries) {
  std::size_t size = 1;  // so that even an empty token has an address
  std::int32_t limit = 0;
  for (const auto& [token, id] : entries) {
    size += token.size();
    limit = std::max(limit, id + 1);
  }
  bytes_.reserve(size);
  bytes_.push_back('\0');
  places_.resize(static_cast<std::size_t>(limit));
  ids_.reserve(entries.size());
  for (const auto& [token, id] : entries) {
    const char* const begin = bytes_.data() + bytes_.size();
    bytes_.insert(bytes_.end(), token.begin(), token.end());
    const std::string_view kept(begin, token.size());
    places_[static_cast<std::size_t>(id)] = kept;
    ids_.insert_or_assign(kept, id);
  }
}

Vocabulary Vocabulary::parse(const JsonField& field) {
  if (!field.value().is_object()) field.refuse("an object of tokens and their ids");
  const auto& tokens = field.value().get_ref<const Json::object_t&>();
  const std::int64_t limit =
      std::min(kMaxIds, kFreeIds + kIdsPerToken * static_cast<std::int64_t>(tokens.size()));
  std::vector<Entry> entries;
  for (const auto& [token, value] : tokens) {
    const bool sound = value.is_number_integer() && value >= 0 && value < limit;
    if (!sound) field.at(token).refuse(fmt::format("an id from 0 to {}", limit - 1));
    if (token.size() > kMaxTokenBytes)
      field.at(token).refuse(fmt::format("a token of at most {} bytes", kMaxTokenBytes));
    entries.emplace_back(token, value.get<std::int32_t>());
  }
  std::vector<std::string_view> by_id;
  for (const auto& [token, id] : entries) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= by_id.size()) by_id.resize(at + 1);
    if (by_id[at].data() != nullptr) {
      field.at(token).refuse(fmt::format("an id of its own: \"{}\" has the same", printable(by_id[at])));
    }
    by_id[at] = token;
  }
  Vocabulary made;
  made.fill(entries);
  return made;
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string_view> Vocabulary::token(std::int32_t id) const {
  const auto at = static_cast<std::size_t>(id);
  if (id < 0 || at >= places_.size() || places_[at].data() == nullptr) return std::nullopt;
  return places_[at];
}

}  // namespace regard
