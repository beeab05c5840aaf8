#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace regard::cli {

// The columns of lines that `regard translate --columns source=1,prefix=2` reads.
class TranslateColumns {
 public:
  // UsageError: not of that form, or without a source. Empty: a line is a source.
  explicit TranslateColumns(std::string_view text);

  bool has_prefix() const { return !prefix_.name.empty(); }
  // What stands in a line, in the order of the input. Nothing for the first one where it names the columns.
  // InputError: a column that the line does not have, or that the first line does not name.
  struct Cells {
    std::string source, prefix;
  };
  std::optional<Cells> split(const std::string& line);

 private:
  struct Column {
    std::string name;       // as given
    std::size_t index = 0;  // from 1; 0: the first line says it
  };
  static Column column(const std::string& name);
  void find(Column& column, const std::vector<std::string>& names) const;

  Column source_, prefix_;
  std::uint64_t line_ = 0;
};

}  // namespace regard::cli
