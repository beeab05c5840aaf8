#include "regard/cli/translate_columns.h"

#include <fmt/format.h>

#include <charconv>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/suggest.h"
#include "regard/data/parallel_text.h"

namespace regard::cli {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 0;
  for (std::size_t tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', begin)) {
    cells.push_back(line.substr(begin, tab - begin));
    begin = tab + 1;
  }
  cells.push_back(line.substr(begin));
  return cells;
}

}  // namespace

TranslateColumns::Column TranslateColumns::column(const std::string& name) {
  Column made{name, 0};
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), made.index);
  if (end != name.data() + name.size()) made.index = 0;  // a name
  if (error != std::errc{} && end == name.data() + name.size())
    throw UsageError(fmt::format("--columns: found column {}", name));
  if (end == name.data() + name.size() && made.index == 0)
    throw UsageError("--columns: found column 0, expected a number from 1 or a name");
  return made;
}

TranslateColumns::TranslateColumns(std::string_view text) {
  if (text.empty()) return;
  const data::Columns columns = data::parse_columns(text, {"source", "prefix"});
  if (!columns.contains("source"))
    throw UsageError("--columns: found no source, expected e.g. source=1,prefix=2");
  source_ = column(columns.at("source"));
  if (columns.contains("prefix")) prefix_ = column(columns.at("prefix"));
}

void TranslateColumns::find(Column& column, const std::vector<std::string>& names) const {
  if (column.name.empty() || column.index > 0) return;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == column.name) column.index = i + 1;
  if (column.index == 0)
    throw InputError(fmt::format("the first line of the input: found no column {}{}", printable(column.name),
                                 did_you_mean(column.name, names)));
}

std::optional<TranslateColumns::Cells> TranslateColumns::split(const std::string& line) {
  ++line_;
  if (source_.name.empty()) return Cells{line, ""};
  const std::vector<std::string> cells = cells_of(line);
  const bool named = source_.index == 0 || (has_prefix() && prefix_.index == 0);
  if (named) {
    find(source_, cells);
    find(prefix_, cells);
    return std::nullopt;
  }
  const auto cell = [&](const Column& column) {
    if (column.index > cells.size())
      throw InputError(fmt::format("line {} of the input: found {} columns, expected column {} (--columns)",
                                   line_, cells.size(), column.name));
    return cells[column.index - 1];
  };
  return Cells{cell(source_), has_prefix() ? cell(prefix_) : std::string()};
}

}  // namespace regard::cli
