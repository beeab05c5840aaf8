#include "regard/tasks/classification_judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/metrics/classification.h"
#include "regard/metrics/correlation.h"

namespace regard::tasks {
namespace {

using models::ProblemType;

std::size_t items_of(const LabeledLogits& found) { return found.logits.size() / found.labels; }

// The label with the highest value of item i.
std::size_t best_of(const std::vector<double>& values, std::size_t labels, std::size_t i) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * labels);
  return static_cast<std::size_t>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(labels)) -
                                  begin);
}

Json scores_of_values(const LabeledLogits& found) {
  const NumberPairs pairs{found.logits, found.truth};
  return {{"pearson", 100 * pearson_correlation(pairs)}, {"spearman", 100 * spearman_correlation(pairs)}};
}

Json scores_of_one(const LabeledLogits& found) {
  ConfusionTable table(found.labels);
  for (std::size_t i = 0; i < items_of(found); ++i)
    table.add(best_of(found.truth, found.labels, i), best_of(found.logits, found.labels, i));
  return {{"accuracy", 100 * table.accuracy()},
          {"f1", 100 * averaged(table.found(), Average::macro).f1},
          {"matthews", 100 * table.matthews()}};
}

Json scores_of_several(const LabeledLogits& found) {
  std::vector<Found> counts(found.labels);
  std::size_t right = 0;
  for (std::size_t i = 0; i < items_of(found); ++i) {
    bool all = true;
    for (std::size_t l = 0; l < found.labels; ++l) {
      const bool predicted = found.logits[i * found.labels + l] > 0;
      const bool expected = found.truth[i * found.labels + l] > 0;
      counts[l].predicted += predicted ? 1 : 0;
      counts[l].expected += expected ? 1 : 0;
      counts[l].right += predicted && expected ? 1 : 0;
      all = all && predicted == expected;
    }
    right += all ? 1 : 0;
  }
  const auto items = static_cast<double>(std::max<std::size_t>(1, items_of(found)));
  return {{"accuracy", 100 * static_cast<double>(right) / items},
          {"f1", 100 * averaged(counts, Average::macro).f1},
          {"f1_micro", 100 * averaged(counts, Average::micro).f1}};
}

class Judge final : public EncoderJudge {
 public:
  Judge(ProblemType problem, std::size_t labels, std::function<Tensor(const EncoderBatch&)> truth)
      : problem_(problem), truth_of_(std::move(truth)) {
    seen_.labels = labels;
  }

  void see(const EncoderBatch& batch, const Tensor& logits) override {
    const std::vector<double> found = logits.to_doubles(), truth = truth_of_(batch).to_doubles();
    seen_.logits.insert(seen_.logits.end(), found.begin(), found.end());
    seen_.truth.insert(seen_.truth.end(), truth.begin(), truth.end());
  }

  Json scores() const override { return classification_scores(problem_, seen_); }

  void publish(const std::filesystem::path& directory, const Log& log) const override {
    constexpr std::size_t enough = 50;  // examples; fewer tell little of how sure to be
    if (problem_ == ProblemType::regression || items_of(seen_) < enough) return;
    LabeledLogits data = seen_;
    if (problem_ == ProblemType::single_label) {
      for (std::size_t i = 0; i < items_of(data); ++i)
        data.classes.push_back(static_cast<std::int32_t>(best_of(data.truth, data.labels, i)));
      data.truth.clear();
    }
    const double temperature = best_temperature(data);
    write_temperature(directory, temperature);
    log.info(fmt::format("calibrated: logits are divided by {:.3f}, validation {:.4f} -> {:.4f} nats",
                         temperature, mean_loss(data, 1), mean_loss(data, temperature)));
  }

 private:
  ProblemType problem_;
  std::function<Tensor(const EncoderBatch&)> truth_of_;
  LabeledLogits seen_;
};

}  // namespace

Json classification_scores(ProblemType problem, const LabeledLogits& found) {
  switch (problem) {
    case ProblemType::regression:
      return scores_of_values(found);
    case ProblemType::multi_label:
      return scores_of_several(found);
    default:
      return scores_of_one(found);
  }
}

std::unique_ptr<EncoderJudge> classification_judge(ProblemType problem,
                                                   const std::vector<std::string>& labels,
                                                   std::function<Tensor(const EncoderBatch&)> truth) {
  return std::make_unique<Judge>(problem, labels.size(), std::move(truth));
}

}  // namespace regard::tasks
