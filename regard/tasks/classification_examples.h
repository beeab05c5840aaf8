#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/data/records.h"
#include "regard/models/text_encoder.h"
#include "regard/train/loop.h"

// Texts with their classes, as files have them.

namespace regard::tasks {

struct LabeledText {
  std::string text;
  std::optional<std::string> second;  // of a pair
  std::vector<std::string> labels;    // one, where a text has one
  double value = 0;                   // in regression
  std::string place;                  // "file: line 12"
};

// Fields "text" and "label", and "text_pair" where a file has it.
data::RecordFormat classification_format();

// What becomes of examples that cannot be used: an InputError, or they are counted and left out.
class BadExamples {
 public:
  explicit BadExamples(bool skip) : skip_(skip) {}
  void add(const std::string& what);  // names file and line
  void add(const data::BadLines& lines);
  void tell(const Log& log) const;  // one warning, where there are any

 private:
  bool skip_;
  data::BadLines lines_;
};

// The texts of files; labels not yet cut. InputError names the file where there is none.
std::vector<LabeledText> read_labeled_texts(const std::vector<std::filesystem::path>& files,
                                            const data::RecordFormat& format, BadExamples& bad,
                                            const std::function<bool()>& stop);

// What the labels mean where nobody says: several of a text, where any text has a list of them; else one.
models::ProblemType problem_of(const std::vector<LabeledText>& texts);

// Cuts the labels apart (several: a list in JSON, or separated by commas) or reads them as numbers; texts
// without go.
void take_labels(std::vector<LabeledText>& texts, models::ProblemType problem, BadExamples& bad);

// All labels, each once: in the order of numbers where they are whole numbers, else of bytes.
std::vector<std::string> labels_of(const std::vector<LabeledText>& texts);

// The index of each text's first label in the list, or -1: by what a hold-out is stratified. In regression
// the tenth of all values that it lies in.
std::vector<std::int32_t> strata_of(const std::vector<LabeledText>& texts,
                                    const std::vector<std::string>& labels);

}  // namespace regard::tasks
