#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "regard/base/json.h"

namespace regard {

// Tokens and their ids, 0 to 2^24 - 1; not every id below the greatest need be taken.
class Vocabulary {
 public:
  Vocabulary() = default;
  // The tokens of a list, with their positions for ids. Where a token stands twice the last id counts.
  explicit Vocabulary(const std::vector<std::string_view>& tokens);

  // An object {token: id}. InputError names the token: an id out of range or that another token has, a token
  // of more than 10,000 bytes.
  static Vocabulary parse(const JsonField& field);

  std::optional<std::int32_t> find(std::string_view token) const;
  // Nothing for an id that no token has.
  std::optional<std::string_view> token(std::int32_t id) const;

  std::size_t size() const { return ids_.size(); }                                  // different tokens
  std::int32_t limit() const { return static_cast<std::int32_t>(places_.size()); }  // the greatest id + 1

 private:
  using Entry = std::pair<std::string_view, std::int32_t>;
  void fill(const std::vector<Entry>& entries);

  std::vector<char> bytes_;
  std::vector<std::string_view> places_;  // by id, inside bytes_; without an address where there is none
  std::unordered_map<std::string_view, std::int32_t> ids_;
};

}  // namespace regard
