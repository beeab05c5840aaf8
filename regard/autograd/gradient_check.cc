#include "regard/autograd/gradient_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "regard/base/random.h"

namespace regard {
namespace {

using Function = std::function<Var(const std::vector<Var>&)>;

struct Evaluation {
  double loss = 0;
  std::vector<Tensor> gradients;  // empty tensors where nothing depends on the input
};

// sum(f * w), where w is drawn by position so that it does not depend on the inputs.
Var weighted_sum(const Var& y) {
  RandomStream random({12345});
  std::vector<double> weights(static_cast<std::size_t>(y.value().elements()));
  for (double& w : weights) w = random.normal();
  const auto values = y.value().host<double>();
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * values[i];
  Tensor dy = Tensor::from<double>(y.shape(), weights);
  return record(Tensor::from<double>({}, std::vector<double>{sum}), {y},
                [dy](const Tensor&, InputGradients& in) { in.add(0, dy); });
}

Evaluation evaluate(const Function& f, const std::vector<Tensor>& inputs, const GradientCheck& options,
                    Tape* tape) {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .tape = tape, .mode = options.mode, .random = {99}, .compute = DType::f64});
  std::vector<Var> vars;
  for (const Tensor& x : inputs) vars.push_back(is_floating(x.dtype()) ? step.input(x) : step.constant(x));
  const Var loss = weighted_sum(f(vars));
  Evaluation e{loss.value().item(), {}};
  if (tape != nullptr && loss.tracked()) {
    tape->backward(loss);
    for (const Var& v : vars) e.gradients.push_back(v.tracked() ? tape->gradient(v) : Tensor());
  }
  return e;
}

}  // namespace

std::string gradient_check(const Function& f, const std::vector<Tensor>& given,
                           const GradientCheck& options) {
  std::vector<Tensor> inputs;
  for (const Tensor& x : given) inputs.push_back(is_floating(x.dtype()) ? x.to(DType::f64).clone() : x);
  Tape tape;
  const Evaluation base = evaluate(f, inputs, options, &tape);
  if (base.gradients.empty()) return "the result does not depend on any input";
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    if (!is_floating(inputs[k].dtype())) continue;
    const std::int64_t n = inputs[k].elements(), tries = std::min<std::int64_t>(n, options.samples);
    for (std::int64_t s = 0; s < tries; ++s) {
      const std::int64_t i = s * n / tries;
      double loss[2];
      for (int side = 0; side < 2; ++side) {
        std::vector<Tensor> moved = inputs;
        moved[k] = inputs[k].clone();
        moved[k].mutable_view().as<double>()[i] += side == 0 ? options.step : -options.step;
        loss[side] = evaluate(f, moved, options, nullptr).loss;
      }
      const double expected = (loss[0] - loss[1]) / (2 * options.step);
      const double found =
          base.gradients[k] ? base.gradients[k].host<double>()[static_cast<std::size_t>(i)] : 0;
      if (!(std::fabs(found - expected) <= options.absolute + options.relative * std::fabs(expected)))
        return fmt::format("input {}, element {}: gradient {:.10g}, difference quotient {:.10g}", k, i, found,
                           expected);
    }
  }
  return {};
}

}  // namespace regard
