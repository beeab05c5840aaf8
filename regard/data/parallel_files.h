#pragma once

#include <filesystem>
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

// How a file holds text, as its name says; .gz at the end counts for nothing.
enum class TextFormat : std::uint8_t { lines, tsv, jsonl };
TextFormat text_format(const std::filesystem::path& path);

// Two texts line by line, or one file that holds both: .tsv (source TAB target) or .jsonl ("source",
// "target"). Any of them may end in .gz.
struct ParallelFile {
  std::filesystem::path source;
  std::filesystem::path target = {};  // empty: `source` holds both
};

// Read one after another, as one text.
struct ParallelFiles {
  std::vector<ParallelFile> files;
  Columns columns = {};
  bool skip_bad = false;  // lines that cannot be used are counted and left out; otherwise they are an error
  bool empty() const { return files.empty(); }
};

// Which target belongs to which source: the first to the first. Where there are fewer targets, sources that
// end in .tsv or .jsonl hold both sides and have none. UsageError, naming the options, where the numbers do
// not match.
struct FileOptions {
  std::string source, target;  // "--train", "--train-target": for messages
};
std::vector<ParallelFile> match_files(const std::vector<std::string>& sources,
                                      const std::vector<std::string>& targets, const FileOptions& options);

}  // namespace regard::data
