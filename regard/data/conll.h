#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "regard/data/parallel_text.h"
#include "regard/data/records.h"

namespace regard::data {

struct TaggedSentence {
  std::vector<std::string> words;
  std::vector<std::string> tags;  // one for each word
  std::string place;              // of its first word: "file: line 12"
};

// Columns of CoNLL: a word a line with its tag, parted by tabs (where there is one) or blanks, a line of
// nothing but white space between sentences. Lines whose word is -DOCSTART- are passed over.
struct ConllFormat {
  Columns columns = {};  // "token" and "tag" by number, from 1; default: the first and the last
  TextEncoding encoding = TextEncoding::utf8;
  bool skip_bad = false;  // sentences with a line that cannot be used are left out, and those lines counted
};
// UsageError where a column is no number from 1.
void check(const ConllFormat& format);

// The sentences of files (also .gz) one after another. InputError names file and line: nothing in a file,
// invalid UTF-8, a column that is not there. `stop` is asked now and then: Interrupted.
std::vector<TaggedSentence> read_conll(const std::vector<std::filesystem::path>& files,
                                       const ConllFormat& format, const std::function<bool()>& stop = {},
                                       BadLines* bad = nullptr);

// The first column of such lines, for sentences that have no tags yet: the word of a line, or nothing where
// the line ends a sentence. -DOCSTART- counts as such an end.
std::string conll_word(std::string_view line);

}  // namespace regard::data
