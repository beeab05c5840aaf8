#include "regard/data/separated_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard::data {

std::vector<std::string> split_by_tabs(std::string_view line) {
  std::vector<std::string> cells;
  for (;;) {
    const std::size_t tab = line.find('\t');
    cells.emplace_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return cells;
    line.remove_prefix(tab + 1);
  }
}

std::optional<std::vector<std::string>> split_by_commas(std::string_view line) {
  std::vector<std::string> cells;
  std::size_t i = 0;
  for (;;) {
    std::string& cell = cells.emplace_back();
    if (i < line.size() && line[i] == '"') {
      for (++i; i < line.size(); ++i) {
        if (line[i] != '"') {
          cell += line[i];
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          cell += line[++i];
        } else {
          break;
        }
      }
      ++i;
      if (i < line.size() && line[i] != ',') return std::nullopt;
    } else {
      while (i < line.size() && line[i] != ',') cell += line[i++];
    }
    if (i >= line.size()) return cells;
    ++i;
  }
}

bool quotes_are_closed(std::string_view line) { return std::count(line.begin(), line.end(), '"') % 2 == 0; }

std::vector<LinePart> parse_line_pattern(const std::string& pattern, const std::vector<std::string>& fields,
                                         std::size_t required) {
  const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::vector<LinePart> parts;
  std::vector<bool> seen(fields.size());
  for (std::size_t i = 0; i < pattern.size();) {
    std::size_t end = i;
    while (end < pattern.size() && in_name(pattern[end])) ++end;
    const std::string name = pattern.substr(i, end - i);
    LinePart part;
    if (name != "_") {
      const auto found = std::find(fields.begin(), fields.end(), name);
      if (found == fields.end())
        throw UsageError(fmt::format("--columns: found \"{}\" in \"{}\", expected {} or _{}", name, pattern,
                                     fmt::join(fields, ", "), did_you_mean(name, fields)));
      part.field = static_cast<std::size_t>(found - fields.begin());
      seen[*part.field] = true;
    }
    i = end;
    while (i < pattern.size() && !in_name(pattern[i])) part.separator += pattern[i++];
    parts.push_back(std::move(part));
  }
  for (std::size_t f = 0; f < required; ++f)
    if (!seen[f]) throw UsageError(fmt::format("--columns: found no {} in \"{}\"", fields[f], pattern));
  if (!parts.empty() && !parts.back().separator.empty())
    throw UsageError(fmt::format("--columns: found \"{}\" at the end of \"{}\", expected a name",
                                 parts.back().separator, pattern));
  return parts;
}

}  // namespace regard::data
