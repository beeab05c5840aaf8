#include "regard/data/parallel_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard::data {

namespace fs = std::filesystem;

Columns parse_columns(std::string_view text, const std::vector<std::string>& known) {
  Columns columns;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == item.size()) {
      throw UsageError(
          fmt::format("--columns: found \"{}\", expected NAME=COLUMN as in \"source=1,target=2\"", item));
    }
    const std::string name(item.substr(0, equals));
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw UsageError(fmt::format("--columns: found \"{}\", expected {}{}", name, fmt::join(known, " or "),
                                   did_you_mean(name, known)));
    }
    columns[name] = item.substr(equals + 1);
  }
  return columns;
}

TextFormat text_format(const fs::path& path) {
  const fs::path inner = path.extension() == ".gz" ? path.stem() : path;
  if (inner.extension() == ".tsv") return TextFormat::tsv;
  if (inner.extension() == ".jsonl") return TextFormat::jsonl;
  return TextFormat::lines;
}

std::vector<ParallelFile> match_files(const std::vector<std::string>& sources,
                                      const std::vector<std::string>& targets, const FileOptions& options) {
  const auto holds_both = [&](const std::string& path) {
    return targets.size() < sources.size() && text_format(path) != TextFormat::lines;
  };
  const auto both = std::count_if(sources.begin(), sources.end(), holds_both);
  const std::size_t alone = sources.size() - static_cast<std::size_t>(both);
  if (alone != targets.size()) {
    throw UsageError(
        fmt::format("{}: found {} file{} beside {} of {} that hold{} one side, expected as many: the first "
                    "translates the first",
                    options.target, targets.size(), targets.size() == 1 ? "" : "s", alone, options.source,
                    alone == 1 ? "s" : ""));
  }
  std::vector<ParallelFile> files;
  std::size_t next = 0;
  for (const std::string& source : sources) {
    ParallelFile file{source};
    if (!holds_both(source)) file.target = targets[next++];
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace regard::data
