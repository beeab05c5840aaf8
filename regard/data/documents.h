#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/data/parallel_files.h"

namespace regard::data {

// Running text, read one after another: a file of lines is one document, each line of a .jsonl (its key
// "text") is one. Any of them may end in .gz.
struct TextFiles {
  std::vector<std::filesystem::path> files;
  Columns columns = {};  // text=KEY, of .jsonl
  bool empty() const { return files.empty(); }
};

// A part of a document that may be tokenized by itself: a line with its line break, or all of it.
struct TextPart {
  std::string_view text;
  bool ends_document = false;  // then `text` may be empty
};

// Reads documents part by part, in memory that does not depend on their number. InputError names file and
// line: nothing in a file, invalid UTF-8, broken JSON, a missing key. UsageError for a .tsv, which has no
// running text. `stop` is asked now and then; where it says so, Interrupted is thrown.
class DocumentReader {
 public:
  explicit DocumentReader(TextFiles files, std::function<bool()> stop = {});
  ~DocumentReader();
  DocumentReader(const DocumentReader&) = delete;
  DocumentReader& operator=(const DocumentReader&) = delete;

  std::optional<TextPart> next();  // valid until the next call; nothing after the last

  // Of all files as they lie on the disk, for a progress line; the size is 0 where it is not known.
  std::uint64_t bytes_read() const;
  std::uint64_t size() const { return size_; }

 private:
  struct File;
  TextPart line_of_text(std::string_view line);
  TextPart document_of_json(std::string_view line);

  TextFiles files_;
  std::function<bool()> stop_;
  std::size_t opened_ = 0;
  std::unique_ptr<File> file_;
  std::string text_;
  std::uint64_t size_ = 0, bytes_before_ = 0;
};

}  // namespace regard::data
