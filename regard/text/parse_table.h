#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "regard/base/json.h"

namespace regard {

// A row of a table of {type, reader}: how a part of tokenizer.json is chosen by its field "type".
template <class Part>
struct ParseRow {
  std::string_view type;
  std::unique_ptr<Part> (*parse)(const JsonField& field);
};

// The part of the row that the type names. InputError: no such row.
template <class Part>
std::unique_ptr<Part> parse_by_type(const JsonField& field, std::span<const ParseRow<Part>> rows) {
  const JsonField type = field.at("type");
  const std::string& name = type.text();
  std::string known;
  for (const ParseRow<Part>& row : rows) {
    if (row.type == name) return row.parse(field);
    known += (known.empty() ? "" : ", ") + std::string(row.type);
  }
  type.refuse("one of " + known);
}

}  // namespace regard
