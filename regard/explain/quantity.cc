#include "regard/explain/quantity.h"

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"

namespace regard::explain {
namespace {

// The logits of one input that are looked at, [rows,columns] within all of them.
struct Block {
  const std::vector<double>& logits;
  std::size_t begin, rows, columns;
  double at(std::size_t r, std::size_t c) const { return logits[begin + r * columns + c]; }
};

// log p of an element, and the places whose exponents add up to what it is divided by.
struct Normalized {
  double log_p = 0;
  std::vector<std::size_t> rivals;  // places in the whole
  std::vector<double> p;            // their probabilities
};

Normalized normalized(const Block& block, std::size_t r, std::size_t c, Among among) {
  Normalized n;
  const auto place = [&](std::size_t row, std::size_t column) {
    return block.begin + row * block.columns + column;
  };
  if (among == Among::nothing) return n;
  if (among == Among::itself) {
    const double z = block.at(r, c), p = 1 / (1 + std::exp(-z));
    n.log_p = z >= 0 ? -std::log1p(std::exp(-z)) : z - std::log1p(std::exp(z));
    n.rivals.push_back(place(r, c));
    n.p.push_back(p);
    return n;
  }
  const std::size_t count = among == Among::columns ? block.columns : block.rows;
  for (std::size_t i = 0; i < count; ++i)
    n.rivals.push_back(among == Among::columns ? place(r, i) : place(i, c));
  double top = block.logits[n.rivals.front()], sum = 0;
  for (const std::size_t i : n.rivals) top = std::max(top, block.logits[i]);
  for (const std::size_t i : n.rivals) sum += std::exp(block.logits[i] - top);
  for (const std::size_t i : n.rivals) n.p.push_back(std::exp(block.logits[i] - top) / sum);
  n.log_p = block.at(r, c) - top - std::log(sum);
  return n;
}

// Which rows of all inputs are needed, and where a term's row is among those of its input.
struct Rows {
  std::vector<std::int32_t> all;
  std::vector<std::size_t> counts;      // of each input
  std::vector<std::size_t> local_rows;  // of each term; where all rows are taken the row itself
};
Rows rows_of(const Outputs& outputs, const Quantity& quantity) {
  Rows rows;
  for (const Sequence& s : outputs.rows.sequences()) {
    const std::size_t before = rows.all.size();
    if (quantity.among == Among::rows) {
      for (std::int64_t i = 0; i < s.length; ++i) rows.all.push_back(static_cast<std::int32_t>(s.begin + i));
    } else {
      for (const Term& t : quantity.terms) rows.all.push_back(static_cast<std::int32_t>(s.begin + t.row));
    }
    for (const Term& t : quantity.terms)
      if (t.row < 0 || t.row >= s.length) throw UsageError("a row that the input does not have is explained");
    rows.counts.push_back(rows.all.size() - before);
  }
  for (std::size_t k = 0; k < quantity.terms.size(); ++k)
    rows.local_rows.push_back(quantity.among == Among::rows ? static_cast<std::size_t>(quantity.terms[k].row)
                                                            : k);
  return rows;
}

}  // namespace

Measured measure(const Outputs& outputs, const Quantity& quantity) {
  const Rows rows = rows_of(outputs, quantity);
  const Var logits =
      logits_of(outputs, Tensor::from<std::int32_t>({static_cast<std::int64_t>(rows.all.size())}, rows.all));
  const std::vector<double> all = logits.value().to_doubles();
  const auto columns = static_cast<std::size_t>(logits.size(1));
  for (const Term& t : quantity.terms)
    if (t.column < 0 || t.column >= logits.size(1))
      throw UsageError("an answer that the model does not have is explained");
  std::vector<double> gradient(all.size(), 0.0);
  Measured made;
  double sum = 0;
  std::size_t begin = 0;
  for (const std::size_t count : rows.counts) {
    const Block block{all, begin * columns, count, columns};
    double value = 0, log_p = 0;
    for (std::size_t k = 0; k < quantity.terms.size(); ++k) {
      const Term& term = quantity.terms[k];
      const std::size_t r = rows.local_rows[k], c = static_cast<std::size_t>(term.column);
      const Normalized n = normalized(block, r, c, quantity.among);
      if (term.weight > 0) log_p += n.log_p;
      const bool logit = quantity.measure == Quantity::Measure::logit || quantity.among == Among::nothing;
      value += term.weight * (logit ? block.at(r, c) : n.log_p);
      gradient[block.begin + r * columns + c] += term.weight;
      if (!logit)
        for (std::size_t i = 0; i < n.rivals.size(); ++i) gradient[n.rivals[i]] -= term.weight * n.p[i];
    }
    made.values.push_back(value);
    made.probabilities.push_back(std::exp(log_p));
    sum += value;
    begin += count;
  }
  const Tensor slope = Tensor::from<double>(logits.shape(), gradient).to(logits.dtype());
  made.sum =
      record(Tensor::full({}, logits.dtype(), sum), {logits}, [slope](const Tensor& dy, InputGradients& in) {
        if (!in.wants(0)) return;
        const double by = dy.item();
        std::vector<double> scaled = slope.to_doubles();
        for (double& x : scaled) x *= by;
        in.add(0, Tensor::from<double>(slope.shape(), scaled).to(slope.dtype()));
      });
  return made;
}

}  // namespace regard::explain
