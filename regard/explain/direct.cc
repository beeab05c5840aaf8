#include "regard/explain/direct.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/probe.h"
#include "regard/autograd/tape.h"

namespace regard::explain {
namespace {

using Row = std::vector<double>;

Row row_of(const Tensor& x, std::int64_t row) { return x.rows(row, row + 1).to_doubles(); }

double dot(const Row& a, const Row& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// Reads a row of all that is added to the last stack's stream, and makes a leaf of the stream.
class StreamProbe final : public Probe {
 public:
  StreamProbe(std::string stack, std::int64_t row) : stack_(std::move(stack)), row_(row) {}

  bool wants(const std::string& name) override {
    if (!name.starts_with(stack_)) return false;
    return name.ends_with(".embedding") || name.ends_with(".attention.output") ||
           name.ends_with(".feed_forward.output") || name.ends_with(".stream");
  }
  std::optional<Tensor> see(const std::string&, const Tensor&) override { return std::nullopt; }
  Var pass(const std::string& name, const Var& x) override {
    if (!name.ends_with(".stream")) {
      added.emplace_back(name, row_of(x.value(), row_));
      return x;
    }
    const Tensor empty = Tensor::zeros(x.shape(), x.dtype());
    stream = x.step().input(emptied ? empty : x.value());
    return stream;
  }
  bool differentiates_parameters() const override { return false; }

  bool emptied = false;  // whether the stream goes on as zeros
  Var stream;
  std::vector<std::pair<std::string, Row>> added;

 private:
  std::string stack_;
  std::int64_t row_;
};

// Makes leaves of what heads give, and adds up what their projections are worth along a direction.
class HeadsProbe final : public Probe {
 public:
  HeadsProbe(std::string stack, std::int64_t row, Tensor direction)
      : stack_(std::move(stack)), row_(row), direction_(std::move(direction)) {}

  bool wants(const std::string& name) override {
    return name.starts_with(stack_) &&
           (name.ends_with(".attention.heads") || name.ends_with(".attention.output"));
  }
  std::optional<Tensor> see(const std::string&, const Tensor&) override { return std::nullopt; }
  Var pass(const std::string& name, const Var& x) override {
    if (name.ends_with(".heads")) {
      const Var leaf = x.step().input(x.value());
      leaves[name.substr(0, name.size() - std::string(".heads").size())] = leaf;
      return leaf;
    }
    const Tensor place = Tensor::from<std::int32_t>({1}, std::vector{static_cast<std::int32_t>(row_)});
    const Var worth = sum(multiply(gather_rows(x, place), x.step().constant(direction_)));
    total = total ? add(total, worth) : worth;
    return x;
  }
  bool differentiates_parameters() const override { return false; }

  std::map<std::string, Var> leaves;
  Var total;

 private:
  std::string stack_;
  std::int64_t row_;
  Tensor direction_;  // [1,C]
};

// d number / d stream with the scale of the last normalization fixed. What is differentiated lets the scale
// follow the stream, which takes a multiple of the (centered) stream away: it is put back so that the parts
// add up to `sum`.
Row fixed_scale(Row gradient, Row stream, double sum) {
  const double all = std::accumulate(gradient.begin(), gradient.end(), 0.0);
  double size = 0;
  for (const double g : gradient) size += std::fabs(g);
  const bool centers = std::fabs(all) < 1e-5 * size;  // layer norm: what all elements share has no effect
  if (centers) {
    const double mean =
        std::accumulate(stream.begin(), stream.end(), 0.0) / static_cast<double>(stream.size());
    for (double& x : stream) x -= mean;
  }
  const double square = dot(stream, stream);
  const double by = square > 0 ? (sum - dot(gradient, stream)) / square : 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += by * stream[i];
  return gradient;
}

std::vector<double> heads_of(const HeadsProbe& probe, const Tape& tape, const std::string& key,
                             std::int64_t row) {
  const Var& leaf = probe.leaves.at(key);
  const Tensor& gradient = tape.gradient(leaf);
  std::vector<double> heads(static_cast<std::size_t>(leaf.size(1)), 0.0);
  if (!gradient) return heads;
  const Row x = row_of(leaf.value(), row), dx = row_of(gradient, row);
  const std::size_t width = x.size() / heads.size();
  for (std::size_t i = 0; i < x.size(); ++i) heads[i / width] += x[i] * dx[i];
  return heads;
}

std::size_t block_of(const std::string& name) {
  const std::size_t at = name.find(".block.");
  return static_cast<std::size_t>(std::strtol(name.c_str() + at + 7, nullptr, 10));
}

}  // namespace

std::optional<DirectEffects> direct_effects(const Subject& subject, const ModelInput& input,
                                            const Quantity& quantity) {
  const std::int64_t row = quantity.terms.front().row;
  for (const Term& term : quantity.terms)
    if (term.row != row) return std::nullopt;
  if (quantity.measure != Quantity::Measure::logit || subject.tells_of_texts()) return std::nullopt;
  const std::string last = subject.last_stack();
  const std::string stack = last.substr(0, last.find('.') + 1);
  const std::span<const ModelInput> inputs(&input, 1);
  const auto differentiate = [&](StreamProbe& probe, Row& gradient) {
    Tape tape;
    StepOptions probing = subject.step_options();
    probing.tape = &tape;
    probing.probe = &probe;
    Step step(probing);
    const Measured measured = measure(subject.pass(step, inputs), quantity);
    tape.backward(measured.sum);
    if (const Tensor& g = tape.gradient(probe.stream)) gradient = row_of(g, row);
    return measured.values[0];
  };
  StreamProbe probe(stack, row), empty(stack, row);
  empty.emptied = true;
  Row gradient, unused;
  const double value = differentiate(probe, gradient);
  DirectEffects found;
  found.rest = differentiate(empty, unused);
  const Row stream = row_of(probe.stream.value(), row);
  if (gradient.size() != stream.size()) return std::nullopt;

  // Whether it is the sum of what was added.
  Row sum(stream.size(), 0.0);
  for (const auto& [name, part] : probe.added) {
    if (part.size() != sum.size()) return std::nullopt;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  }
  double apart = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) apart += (sum[i] - stream[i]) * (sum[i] - stream[i]);
  if (apart > 1e-6 * dot(stream, stream)) return std::nullopt;

  const Row direction = fixed_scale(gradient, stream, value - found.rest);
  HeadsProbe heads(stack, row,
                   Tensor::from<double>({1, static_cast<std::int64_t>(direction.size())}, direction));
  Tape tape;
  StepOptions probing = subject.step_options();
  probing.tape = &tape;
  probing.probe = &heads;
  Step step(probing);
  subject.run(step, inputs);
  if (heads.total) tape.backward(heads.total);
  for (const auto& [name, part] : probe.added) {
    const double worth = dot(part, direction);
    if (name.ends_with(".embedding")) {
      found.embedding += worth;
      continue;
    }
    const std::size_t block = block_of(name);
    if (found.blocks.size() <= block) found.blocks.resize(block + 1);
    DirectPart& to = found.blocks[block];
    if (name.ends_with(".feed_forward.output")) {
      to.feed_forward += worth;
      continue;
    }
    to.attention += worth;
    const auto own = heads_of(heads, tape, name.substr(0, name.size() - std::string(".output").size()), row);
    to.heads.insert(to.heads.end(), own.begin(), own.end());
  }
  return found;
}

}  // namespace regard::explain
