#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace regard::data {

// Which columns of a .tsv, or which keys of a .jsonl, hold what: "source" -> "2" (a number counts from 1) or
// "source" -> "english" (a name: then the first line of a .tsv names its columns).
using Columns = std::map<std::string, std::string>;
// From "source=1,target=2". UsageError where it is not of that form or names something that is not in
// `known`.
Columns parse_columns(std::string_view text, const std::vector<std::string>& known);

// Two texts line by line, or one file that holds both: .tsv (source TAB target) or .jsonl ("source",
// "target"). Any of them may end in .gz.
struct ParallelFiles {
  std::filesystem::path source;
  std::filesystem::path target;  // empty: `source` holds both
  Columns columns;
  bool empty() const { return source.empty(); }
};

struct ParallelText {
  std::vector<std::string> sources, targets;  // as many of the one as of the other
};

// InputError names file and line: unequal numbers of lines, invalid UTF-8, nothing in a file, a missing
// column, broken JSON. UsageError where one file was given that is neither .tsv nor .jsonl. `stop` is asked
// now and then; where it says so, Interrupted is thrown.
ParallelText read_parallel(const ParallelFiles& files, const std::function<bool()>& stop = {});

}  // namespace regard::data
