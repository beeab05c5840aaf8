#include "regard/tasks/text_encoder_loss.h"

#include <algorithm>
#include <numeric>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/autograd/ops/softmax.h"

namespace regard::tasks {
namespace {

double share(std::int64_t counted) { return 1.0 / static_cast<double>(std::max<std::int64_t>(1, counted)); }

Tensor row_numbers(const std::vector<std::int32_t>& rows) {
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(rows.size())}, rows);
}

// -log softmax of one sequence's [N] logits at a place, or nothing where it lies outside.
Var at_place(const Var& logits, const Sequence& s, std::int64_t place) {
  if (place < 0 || place >= s.length) return {};
  std::vector<std::int32_t> rows(static_cast<std::size_t>(s.length));
  std::iota(rows.begin(), rows.end(), static_cast<std::int32_t>(s.begin));
  const Var all = log_softmax(reshape(gather_rows(logits, row_numbers(rows)), {1, s.length}));
  return scale(gather_rows(reshape(all, {s.length}), row_numbers({static_cast<std::int32_t>(place)})), -1);
}

Var mean_at(const Var& logits, const Layout& layout, const std::vector<std::int64_t>& places) {
  Var total;
  std::int64_t counted = 0;
  for (std::size_t b = 0; b < places.size(); ++b)
    if (const Var one = at_place(logits, layout.sequences()[b], places[b])) {
      total = total ? add(total, one) : one;
      ++counted;
    }
  if (!total) return sum(scale(logits, 0));
  return scale(sum(total), share(counted));
}

}  // namespace

Var class_loss(const models::TextEncoder::Projected& head, const Tensor& labels) {
  const VocabularyLoss loss = vocabulary_loss(head.features, head.projection, labels);
  return scale(loss.sum, share(loss.tokens));
}

Var squared_loss(const Var& logits, const Tensor& labels) {
  const Var apart = add(logits, scale(logits.step().constant(labels), -1));
  return scale(sum(multiply(apart, apart)), share(labels.elements()));
}

Var binary_loss(const Var& logits, const Tensor& labels, const Tensor& counted) {
  Step& step = logits.step();
  const std::int64_t all = labels.elements();
  // log(1 - sigmoid(x)) and log(sigmoid(x)) are the log softmax of (0, x).
  const Var weight = step.constant(Tensor::from<double>({2, 1}, std::vector<double>{0, 1}));
  const Var both = log_softmax(linear(reshape(logits, {all, 1}), {weight, {}}));
  const std::vector<double> y = labels.to_doubles();
  const std::vector<double> seen = counted ? counted.to_doubles() : std::vector<double>(y.size(), 1.0);
  std::vector<double> wanted;
  for (std::size_t i = 0; i < y.size(); ++i)
    wanted.insert(wanted.end(), {(1 - y[i]) * seen[i], y[i] * seen[i]});
  const double count = std::accumulate(seen.begin(), seen.end(), 0.0);
  const Var picked = multiply(both, step.constant(Tensor::from<double>({all, 2}, wanted)));
  return scale(sum(picked), -1 / std::max(1.0, count));
}

Var head_logits(const models::TextEncoder& model, const models::TextEncoder::Projected& head,
                const TokenBatch& tokens) {
  const Var logits = linear(head.features, head.projection);
  const Tensor outside = model.outside_spans(tokens);
  if (!outside) return logits;
  constexpr double far_below = -1e6;  // as transformers has it
  std::vector<double> added;
  for (const double out : outside.to_doubles()) added.insert(added.end(), 2, far_below * out);
  return add(logits, logits.step().constant(Tensor::from<double>(logits.shape(), added)));
}

Var span_loss(const Var& logits, const Layout& layout, const Spans& spans) {
  const Var begins = mean_at(column(logits, 0), layout, spans.starts);
  return scale(add(begins, mean_at(column(logits, 1), layout, spans.ends)), 0.5);
}

Var column(const Var& x, std::int64_t c) {
  const std::int64_t N = x.size(0), C = x.size(1);
  std::vector<std::int32_t> from;
  for (std::int64_t n = 0; n < N; ++n) from.push_back(static_cast<std::int32_t>(n * C + c));
  return reshape(gather_rows(reshape(x, {N * C, 1}), row_numbers(from)), {N});
}

}  // namespace regard::tasks
