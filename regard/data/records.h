#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "regard/data/parallel_files.h"
#include "regard/data/parallel_text.h"

namespace regard::data {

enum class TextEncoding : std::uint8_t { utf8, latin1 };
// "utf-8" or "latin-1". UsageError for any other.
TextEncoding text_encoding(const std::string& name);

// How examples lie in files.
//
// .csv (RFC 4180) and .tsv: columns. Where the first line has the names of all required fields it names the
// columns; else `columns` says which they are by number or name, and without a word the fields stand in their
// order. .jsonl: keys. Other files: lines that `pattern` takes apart.
struct RecordFormat {
  std::vector<std::string> required;       // names of fields, e.g. "text", "label"
  std::vector<std::string> optional = {};  // fields that a file may lack
  Columns columns = {};
  // Fields with the separators that stand between them, e.g. "label:_ text" for lines like TREC's; "_" is
  // read and dropped, and the last field takes the rest of the line.
  std::string pattern = {};
  TextEncoding encoding = TextEncoding::utf8;
  bool skip_bad = false;  // lines that cannot be used are counted and left out; otherwise they are an error
};

// --columns as the user writes it: "text=1,label=2", or a pattern. UsageError where a name is not known.
void set_columns(RecordFormat& format, const std::string& text);

// One example: the fields in the order of required, then optional; absent where an optional one is. A list in
// JSON has its items separated by U+001F.
struct Record {
  std::vector<std::optional<std::string>> fields;
  std::string place;  // "file: line 12"
};

// Reads records one after another. InputError names file and line: an empty file, a bad line (unless those
// are skipped), a column that is not there. `stop` is asked now and then; where it says so, Interrupted is
// thrown.
class RecordReader {
 public:
  RecordReader(std::vector<std::filesystem::path> files, RecordFormat format,
               std::function<bool()> stop = {});
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  std::optional<Record> next();
  const BadLines& bad() const { return bad_; }

  class File;  // how one file is read

 private:
  std::vector<std::filesystem::path> files_;
  RecordFormat format_;
  std::function<bool()> stop_;
  std::size_t opened_ = 0;
  std::uint64_t read_ = 0;
  std::unique_ptr<File> file_;
  BadLines bad_;
};

std::vector<Record> read_records(const std::vector<std::filesystem::path>& files, const RecordFormat& format,
                                 const std::function<bool()>& stop = {}, BadLines* bad = nullptr);

}  // namespace regard::data
