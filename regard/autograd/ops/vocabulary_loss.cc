#include "regard/autograd/ops/vocabulary_loss.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/kernels/cross_entropy.h"
#include "regard/kernels/elementwise.h"
#include "regard/kernels/matmul.h"

namespace regard {
namespace {

using kernels::CrossEntropy;
using Add = kernels::MatmulOptions::Output;
using Form = kernels::WeightForms::Form;

constexpr std::int64_t chunk =
    512;  // rows: 16 MB of logits at V = 8,000, and enough rows for the product's full speed

Tensor like(const Tensor& x) { return Tensor::empty(x.shape(), x.dtype(), x.device()); }

// The gradients of the sum, made during the forward pass because the logits are gone afterwards.
struct Gradients {
  Tensor hidden, weight, bias;
};

struct Projection {
  Tensor hidden, weight, bias;
  std::shared_ptr<const kernels::PackedMatrix> forward, backward;
  double soft_cap = 0;
  kernels::WeightFormat format = kernels::WeightFormat::as_computed;
};

// Caps logits in place; gives what they were, divided by the cap, for the gradient.
Tensor cap(const kernels::Context& context, const View& logits, double by) {
  Tensor before = Tensor::empty(logits.shape, logits.dtype);
  kernels::scale(context, logits, 1 / by, before.mutable_view());
  kernels::activate(context, kernels::Activation::tanh, before.view(), logits);
  kernels::scale(context, logits, by, logits);
  return before;
}

void counted_targets(const Tensor& targets, std::int64_t vocabulary, std::int64_t& tokens) {
  for (std::int32_t t : targets.host<std::int32_t>()) {
    if (t >= vocabulary)
      throw InputError(fmt::format("target id: found {}, expected less than {}", t, vocabulary));
    tokens += t >= 0 ? 1 : 0;
  }
}

// Rows begin .. end - 1: logits, their losses, and what they add to the gradients.
void run_chunk(const kernels::Context& context, const Projection& p, const CrossEntropy& how,
               const View& logits, std::pair<std::int64_t, std::int64_t> rows,
               const kernels::CrossEntropyLosses& losses, Gradients* gradients) {
  const auto [begin, end] = rows;
  const Tensor h = p.hidden.rows(begin, end);
  kernels::matmul(context, h.view(), *p.forward, logits, {.bias = p.bias.view()});
  const Tensor before = p.soft_cap != 0 ? cap(context, logits, p.soft_cap) : Tensor();
  kernels::cross_entropy(context, how, logits, losses);
  if (gradients == nullptr) return;
  if (before) kernels::activate_backward(context, kernels::Activation::tanh, before.view(), logits, logits);
  if (gradients->hidden)
    kernels::matmul(context, logits, *p.backward, gradients->hidden.rows(begin, end).mutable_view());
  if (gradients->weight)
    kernels::matmul(context, ConstView(logits).transposed(), h.view(), gradients->weight.mutable_view(),
                    {.output = Add::add, .format = p.format});
  if (gradients->bias) {
    Tensor part = like(p.bias);
    kernels::sum_rows(context, logits, part.mutable_view());
    kernels::accumulate(context, part.view(), gradients->bias.mutable_view());
  }
}

}  // namespace

VocabularyLoss vocabulary_loss(const Var& hidden, const LinearWeights& weights, const Tensor& targets,
                               const VocabularyLossOptions& options) {
  const Var &w = weights.weight, &b = weights.bias;
  const kernels::Context& context = hidden.step().kernels();
  const std::int64_t n = hidden.size(0), vocabulary = w.size(0);
  VocabularyLoss result;
  counted_targets(targets, vocabulary, result.tokens);

  Projection p{hidden.value(),
               w.value(),
               b ? b.value().reshape({vocabulary}) : Tensor(),
               nullptr,
               nullptr,
               options.soft_cap,
               hidden.step().weight_format()};
  auto panels = [&](Form form) {
    if (w.parameter() != nullptr)
      return w.parameter()->forms().packed(context, {w.value(), w.parameter()->scales()}, form, p.format);
    const ConstView matrix = form == Form::forward ? w.view().transposed() : w.view();
    return std::make_shared<const kernels::PackedMatrix>(kernels::pack(context, matrix, p.format));
  };
  p.forward = panels(Form::forward);
  const bool tracked = hidden.tracked() || w.tracked() || b.tracked();
  Gradients gradients;
  if (hidden.tracked()) {
    p.backward = panels(Form::backward);
    gradients.hidden = like(p.hidden);
  }
  if (w.tracked()) gradients.weight = Tensor::zeros(p.weight.shape(), p.weight.dtype(), p.weight.device());
  if (b.tracked()) gradients.bias = Tensor::zeros({vocabulary}, p.bias.dtype(), p.bias.device());

  Tensor losses = Tensor::empty({2, n}, DType::f64);
  Tensor logits = Tensor::empty({std::min(chunk, n), vocabulary}, hidden.dtype(), hidden.value().device());
  for (std::int64_t begin = 0; begin < n; begin += chunk) {
    const std::int64_t end = std::min(n, begin + chunk);
    const CrossEntropy how{targets.rows(begin, end).view(), options.smoothing,
                           tracked ? CrossEntropy::Gradient::in_place : CrossEntropy::Gradient::none};
    auto row = [&](std::int64_t i) {
      return losses.rows(i, i + 1).reshape({n}).rows(begin, end).mutable_view();
    };
    run_chunk(context, p, how, logits.mutable_view().slice(0, 0, end - begin), {begin, end}, {row(0), row(1)},
              tracked ? &gradients : nullptr);
  }
  const auto values = losses.host<double>();
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {  // in row order: one sum whatever the threads did
    sum += values[static_cast<std::size_t>(i)];
    result.plain_sum += values[static_cast<std::size_t>(n + i)];
  }
  result.sum =
      record(Tensor::full({}, DType::f64, sum), {hidden, w, b},
             [gradients, bias_shape = b ? b.shape() : Shape()](const Tensor& dy, InputGradients& in) {
               const double by = dy.item();
               auto give = [&](std::size_t input, const Tensor& g) {
                 if (!in.wants(input)) return;
                 Tensor scaled = g;
                 if (by != 1) {  // it is 1 where this loss is what is differentiated: a pass over [V,C] less
                   scaled = like(g);
                   kernels::scale(in.context, g.view(), by, scaled.mutable_view());
                 }
                 in.add(input, input == 2 ? scaled.reshape(bias_shape) : scaled);
               };
               give(0, gradients.hidden);
               give(1, gradients.weight);
               give(2, gradients.bias);
             });
  return result;
}

}  // namespace regard
