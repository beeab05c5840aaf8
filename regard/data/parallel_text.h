#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/data/parallel_files.h"

namespace regard::data {

struct ParallelLine {
  std::string_view source, target;
};

// Lines that could not be used: invalid UTF-8, a missing column or key, broken JSON.
struct BadLines {
  std::int64_t count = 0;
  std::string first;  // what was wrong with the first one, and where
};

// Reads parallel files pair by pair, in constant memory.
//
// InputError names file and line: unequal numbers of lines (both files), nothing in a file, a bad line
// (unless those are skipped). UsageError where one file was given that is neither .tsv nor .jsonl. `stop` is
// asked now and then; where it says so, Interrupted is thrown.
class ParallelReader {
 public:
  explicit ParallelReader(ParallelFiles files, std::function<bool()> stop = {});
  ~ParallelReader();
  ParallelReader(const ParallelReader&) = delete;
  ParallelReader& operator=(const ParallelReader&) = delete;

  std::optional<ParallelLine> next();  // valid until the next call; nothing after the last

  const BadLines& bad() const { return bad_; }
  // Of all files as they lie on the disk, for a progress line; the size is 0 where it is not known.
  std::uint64_t bytes_read() const;
  std::uint64_t size() const { return size_; }

  class Format;  // how one file, or a pair of them, is read

 private:
  ParallelFiles files_;
  std::function<bool()> stop_;
  std::size_t opened_ = 0;
  std::unique_ptr<Format> format_;
  BadLines bad_;
  std::uint64_t size_ = 0, bytes_before_ = 0;
};

// A text that is held in memory: for validation.
struct ParallelText {
  std::vector<std::string> sources, targets;  // as many of the one as of the other
  BadLines bad;
};
ParallelText read_parallel(const ParallelFiles& files, const std::function<bool()>& stop = {});

}  // namespace regard::data
