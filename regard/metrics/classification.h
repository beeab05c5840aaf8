#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/metrics/metric.h"

// How well labels are found, as scikit-learn defines the measures. All measures here are shares, 0 to 1
// (Matthews -1 to 1); 0 where nothing is there to divide by. Metrics, below, are in percent.

namespace regard {

struct Found {
  double right = 0, predicted = 0, expected = 0;
  double precision() const { return predicted > 0 ? right / predicted : 0; }
  double recall() const { return expected > 0 ? right / expected : 0; }
  double f1() const { return predicted + expected > 0 ? 2 * right / (predicted + expected) : 0; }
};

enum class Average : std::uint8_t { macro, micro, weighted };  // weighted: by how often a class is expected
const std::vector<std::string>& average_names();

struct AverageScore {
  double precision = 0, recall = 0, f1 = 0;
};
// Classes that are neither expected nor predicted count for nothing. Macro F1 is the mean of the classes' F1.
AverageScore averaged(std::span<const Found> classes, Average average);

// Sums of [right, predicted, expected] for each class.
std::vector<Found> found_in(std::span<const double> sums);
// In percent: {"macro", "micro", "weighted": {"precision", "recall", "f1"}, "classes": {label: the same,
// "support", "predicted"}}.
Json class_scores(std::span<const Found> classes, std::span<const std::string> labels);

// Of one label for each item (Gorodkin 2004; for two classes Matthews 1975).
double matthews_correlation(std::span<const Found> classes, double items);

// Counts items by the class expected (rows) and the class predicted (columns).
class ConfusionTable {
 public:
  explicit ConfusionTable(std::size_t classes) : classes_(classes), counts_(classes * classes) {}

  void add(std::size_t expected, std::size_t predicted) { ++counts_[expected * classes_ + predicted]; }
  std::int64_t count(std::size_t expected, std::size_t predicted) const {
    return counts_[expected * classes_ + predicted];
  }
  std::size_t classes() const { return classes_; }
  std::vector<Found> found() const;  // for each class
  std::int64_t items() const;
  double accuracy() const;
  double matthews() const { return matthews_correlation(found(), static_cast<double>(items())); }

 private:
  std::size_t classes_;
  std::vector<std::int64_t> counts_;
};

// A table in lines of text, columns aligned: rows are what was expected. Columns are numbered where names
// would be too wide.
std::vector<std::string> lines_of(const ConfusionTable& table, std::span<const std::string> labels);

struct LabelOptions {
  enum class Measure : std::uint8_t { accuracy, f1, matthews };
  Measure measure = Measure::accuracy;
  Average average = Average::macro;      // of F1
  std::vector<std::string> labels = {};  // all that occur, without repetition
  // Between several labels of an item, in any order; empty: each item has one label. An item is right where
  // all its labels are.
  std::string separator = {};
};

// Labels of segments. Rows are [right items, items, then right, predicted and expected for each class]. White
// space around a label does not count. UsageError: several references; Matthews with a separator; a
// label that is not in `labels`.
class LabelMetric final : public Metric {
 public:
  explicit LabelMetric(LabelOptions options);

  std::string name() const override;
  std::size_t width() const override { return 2 + 3 * options_.labels.size(); }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  // Accuracy, all averages, Matthews where there is one label each, and each class by its label.
  Json parts(std::span<const double> sums) const override;
  std::string settings() const override;
  const std::vector<std::string>& labels() const { return options_.labels; }

 private:
  std::vector<std::size_t> classes_in(std::string_view text) const;  // sorted, each once

  LabelOptions options_;
  std::map<std::string, std::size_t, std::less<>> class_of_;
};

// The labels in a line, as LabelMetric cuts them.
std::vector<std::string> labels_in(std::string_view line, std::string_view separator);

}  // namespace regard
