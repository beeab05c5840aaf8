#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "regard/data/parallel_text.h"

namespace regard::data {

// Bytes begin .. begin + text.size() - 1 of a context.
struct Answer {
  std::string text;
  std::size_t begin = 0;
};

struct Question {
  std::string id;  // may be empty
  std::string text;
  std::size_t context = 0;      // of Questions::contexts
  std::vector<Answer> answers;  // empty: the context holds none, or the file has none
};

// Questions about texts.
struct Questions {
  std::vector<std::string> contexts;
  std::vector<Question> questions;
  const std::string& context(const Question& q) const { return contexts[q.context]; }
};

// SQuAD v1.1 or 2.0 (.json), or .jsonl with "question", "context", "answer" and "start" (the character at
// which the answer begins; absent: its first occurrence); lists of both where there are several answers, an
// empty or no "answer" where there is none. "id" where a line has it. Files may end in .gz.
struct QuestionFormat {
  enum class Answers : std::uint8_t { expected, unread } answers = Answers::expected;
  Columns columns = {};   // keys of a .jsonl by these names
  bool skip_bad = false;  // questions that cannot be used are counted and left out
};

// InputError names file and line, or file and field: nothing in a file, broken JSON (of a .json always), a
// missing key, an answer that does not stand in the context where it should. UsageError for another kind of
// file.
Questions read_questions(const std::vector<std::filesystem::path>& files, const QuestionFormat& format,
                         const std::function<bool()>& stop = {}, BadLines* bad = nullptr);

// Whether a file is one of those, by its name.
bool holds_questions(const std::filesystem::path& file);

}  // namespace regard::data
