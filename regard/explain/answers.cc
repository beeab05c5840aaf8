#include "regard/explain/answers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "regard/autograd/probe.h"

namespace regard::explain {
namespace {

// Probabilities of all columns of each row: [rows][columns], beside the logits.
struct Table {
  std::vector<double> logits, p;
  std::size_t columns = 0;
};

Table table_of(const Outputs& outputs, const AnswerRows& how) {
  std::vector<std::int32_t> rows;
  const Sequence& s = outputs.rows.sequences().front();
  for (const std::int64_t r : how.rows) rows.push_back(static_cast<std::int32_t>(s.begin + r));
  const Var logits =
      logits_of(outputs, Tensor::from<std::int32_t>({static_cast<std::int64_t>(rows.size())}, rows));
  Table table{logits.value().to_doubles(), {}, static_cast<std::size_t>(logits.size(1))};
  table.p = table.logits;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto begin = table.p.begin() + static_cast<std::ptrdiff_t>(r * table.columns);
    const auto end = begin + static_cast<std::ptrdiff_t>(table.columns);
    if (how.among == Among::itself) std::for_each(begin, end, [](double& x) { x = 1 / (1 + std::exp(-x)); });
    if (how.among != Among::columns) continue;
    const double top = *std::max_element(begin, end);
    std::for_each(begin, end, [&](double& x) { x = std::exp(x - top); });
    const double sum = std::accumulate(begin, end, 0.0);
    std::for_each(begin, end, [&](double& x) { x /= sum; });
  }
  return table;
}

std::vector<Candidate> best_of(const Table& table, std::size_t row, std::int64_t most) {
  std::vector<std::int64_t> order(table.columns);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const auto count = std::min<std::ptrdiff_t>(most, static_cast<std::ptrdiff_t>(order.size()));
  const std::size_t begin = row * table.columns;
  const auto at = [&](std::int64_t c) { return begin + static_cast<std::size_t>(c); };
  std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](std::int64_t a, std::int64_t b) {
    return std::pair(table.logits[at(b)], a) < std::pair(table.logits[at(a)], b);
  });
  std::vector<Candidate> best;
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const std::int64_t c = order[static_cast<std::size_t>(i)];
    best.push_back({c, table.p[at(c)], table.logits[at(c)]});
  }
  return best;
}

std::vector<std::vector<Candidate>> best_of(const Table& table, const AnswerRows& how) {
  std::vector<std::vector<Candidate>> all;
  for (std::size_t r = 0; r < how.rows.size(); ++r) all.push_back(best_of(table, r, how.most));
  return all;
}

}  // namespace

std::vector<std::vector<Candidate>> answers_of(const Outputs& outputs, const AnswerRows& how) {
  return best_of(table_of(outputs, how), how);
}

Lens logit_lens(const Subject& subject, const ModelInput& input, const AnswerRows& how,
                std::span<const std::int64_t> columns) {
  const std::string stack = subject.last_stack();
  std::vector<Tensor> states;
  FunctionProbe probe(
      [&](const std::string& name) { return name.starts_with(stack) && name.ends_with(".lens"); },
      [&](const std::string&, const Tensor& value) { states.push_back(value); });
  StepOptions probing = subject.step_options();
  probing.probe = &probe;
  {
    Step step(probing);
    subject.run(step, std::span(&input, 1));
  }
  Lens lens;
  Step step(subject.step_options());
  for (const Tensor& state : states) {
    const Table table = table_of(subject.end(step, state, std::span(&input, 1)), how);
    lens.layers.push_back(best_of(table, how));
    auto& p = lens.probabilities.emplace_back();
    for (std::size_t r = 0; r < columns.size(); ++r)
      p.push_back(table.p[r * table.columns + static_cast<std::size_t>(columns[r])]);
  }
  return lens;
}

}  // namespace regard::explain
