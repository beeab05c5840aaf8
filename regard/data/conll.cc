#include "regard/data/conll.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/data/separated_values.h"
#include "regard/text/code_points.h"
#include "regard/text/unicode.h"

namespace regard::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view document_start = "-DOCSTART-";

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  if (line.find('\t') != std::string_view::npos) {
    for (const std::string& cell : split_by_tabs(line)) cells.emplace_back(trim(cell));
  } else {
    for (const std::string_view cell : split_white_space(line)) cells.emplace_back(cell);
  }
  return cells;
}

// Nothing: the default.
std::optional<std::size_t> column_of(const Columns& columns, const char* name) {
  const auto found = columns.find(name);
  if (found == columns.end()) return std::nullopt;
  const std::string& text = found->second;
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(text) == 0)
    throw UsageError(
        fmt::format("--columns: found {}={}, expected the number of a column, from 1", name, text));
  return std::stoul(text) - 1;
}

class Reader {
 public:
  Reader(const ConllFormat& format, const std::function<bool()>& stop, BadLines& bad)
      : format_(format),
        token_(column_of(format.columns, "token")),
        tag_(column_of(format.columns, "tag")),
        stop_(stop),
        bad_(bad) {}

  void read(const fs::path& path) {
    LineReader lines(path);
    while (const auto line = lines.next()) {
      if (stop_ && ++read_ % 4096 == 0 && stop_()) throw Interrupted("interrupted while reading data");
      const std::string place = fmt::format("{}: line {}", lines.name(), lines.number());
      try {
        add(decoded(*line, lines), place);
      } catch (const InputError& error) {
        if (!format_.skip_bad) throw;
        if (bad_.count++ == 0) bad_.first = error.what();
        spoiled_ = true;
      }
    }
    finish();
    if (lines.number() == 0)
      throw InputError(fmt::format("{}: found an empty file, expected words with their tags", lines.name()));
  }

  std::vector<TaggedSentence> sentences;

 private:
  std::string decoded(std::string_view line, const LineReader& lines) const {
    if (format_.encoding == TextEncoding::latin1) {
      std::string text;
      for (const char c : line) append_utf8(text, static_cast<unsigned char>(c));
      return text;
    }
    try {
      require_utf8(line, lines.name(), lines.number());
    } catch (const InputError& error) {
      throw InputError(std::string(error.what()) + " (--encoding latin-1 reads such files)");
    }
    return std::string(line);
  }

  void add(const std::string& line, const std::string& place) {
    if (trim(line).empty()) return finish();
    std::vector<std::string> cells = cells_of(line);
    const std::size_t token = token_.value_or(0), tag = tag_.value_or(cells.size() - 1);
    if (token < cells.size() && cells[token] == document_start) return finish();
    const std::size_t least = std::max({token, tag, std::size_t{1}}) + 1;
    if (cells.size() < least)
      throw InputError(fmt::format(
          "{}: found {} column{}, expected {}: a word and its tag, and a blank line between sentences", place,
          cells.size(), cells.size() == 1 ? "" : "s",
          least == 2 ? "two or more" : fmt::format("at least {}", least)));
    if (cells[token].empty() || cells[tag].empty())
      throw InputError(fmt::format("{}: found an empty column, expected a word and its tag", place));
    if (now_.words.empty()) now_.place = place;
    now_.words.push_back(std::move(cells[token]));
    now_.tags.push_back(std::move(cells[tag]));
  }

  void finish() {
    if (!now_.words.empty() && !spoiled_) sentences.push_back(std::move(now_));
    now_ = {};
    spoiled_ = false;
  }

  const ConllFormat& format_;
  std::optional<std::size_t> token_, tag_;
  const std::function<bool()>& stop_;
  BadLines& bad_;
  std::uint64_t read_ = 0;
  TaggedSentence now_;
  bool spoiled_ = false;  // a line of the sentence could not be used
};

}  // namespace

void check(const ConllFormat& format) {
  (void)column_of(format.columns, "token");
  (void)column_of(format.columns, "tag");
}

std::vector<TaggedSentence> read_conll(const std::vector<fs::path>& files, const ConllFormat& format,
                                       const std::function<bool()>& stop, BadLines* bad) {
  BadLines found;
  Reader reader(format, stop, found);
  for (const fs::path& file : files) reader.read(file);
  if (bad != nullptr) *bad = found;
  return std::move(reader.sentences);
}

std::string conll_word(std::string_view line) {
  if (trim(line).empty()) return "";
  std::vector<std::string> cells = cells_of(line);
  return cells.front() == document_start ? "" : std::move(cells.front());
}

}  // namespace regard::data
