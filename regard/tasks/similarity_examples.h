#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/data/records.h"
#include "regard/tasks/classification_examples.h"

// Pairs of texts that belong together, as files have them.

namespace regard::tasks {

struct ComparedTexts {
  std::string text, second;
  std::optional<double> score;          // how alike they are, in whatever unit
  std::optional<std::string> negative;  // a text that does not belong to the first
  std::string place;                    // "file: line 12"

  // One after another: 2, or 3 with a negative.
  std::vector<std::string_view> parts() const;
};

// Fields "text" and "text_pair", and "score" and "negative" where a file has them.
data::RecordFormat similarity_format();

// The pairs of files; either all have a score or none, and a negative likewise. InputError names file and
// line, unless `bad` counts them, and the file where there is no pair.
std::vector<ComparedTexts> read_compared_texts(const std::vector<std::filesystem::path>& files,
                                               const data::RecordFormat& format, BadExamples& bad,
                                               const std::function<bool()>& stop);

// Whether the first pair of the file has a score.
bool has_scores(const std::filesystem::path& file, const data::RecordFormat& format);

}  // namespace regard::tasks
