#include "regard/models/text_encoder_convolution.h"

#include <algorithm>
#include <vector>

#include "regard/autograd/ops/dropout.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"

namespace regard::models {
namespace {

// Of a weight in the file, [C,C,K] with a neighbor's place last: where the elements of [C,K,C] stand in it.
Tensor neighbors_first(std::int64_t C, std::int64_t K) {
  std::vector<std::int32_t> order;
  order.reserve(static_cast<std::size_t>(C * C * K));
  for (std::int64_t out = 0; out < C; ++out)
    for (std::int64_t k = 0; k < K; ++k)
      for (std::int64_t in = 0; in < C; ++in)
        order.push_back(static_cast<std::int32_t>((out * C + in) * K + k));
  return Tensor::from<std::int32_t>({C * C * K}, order);
}

// [N] -> [N,C]
template <class T>
Tensor repeated(const std::vector<char>& rows, std::int64_t C) {
  Tensor all = Tensor::zeros({static_cast<std::int64_t>(rows.size()), C}, dtype_of<T>());
  T* to = all.mutable_view().as<T>();
  for (std::size_t n = 0; n < rows.size(); ++n)
    if (rows[n] != 0) std::fill_n(to + static_cast<std::int64_t>(n) * C, C, T{1});
  return all;
}

}  // namespace

EncoderConvolution::EncoderConvolution(nn::Parameters& parameters, const std::string& name,
                                       const std::string& norm, const TextEncoderConfig& config)
    : width_(config.width),
      length_(config.convolution),
      activation_(config.convolution_activation),
      dropout_(config.dropout),
      weight_(&parameters.add(name + ".weight", {width_, width_, length_}, nn::normal(0.02))),
      bias_(&parameters.add(name + ".bias", {width_}, nn::zeros())),
      norm_(parameters, norm, {width_, config.norm_epsilon}),
      order_(neighbors_first(width_, length_)) {}

Var EncoderConvolution::neighbors(const Var& x, const Layout& layout) const {
  const std::int64_t rows = x.size(0) * length_, half = length_ / 2;
  std::vector<std::int32_t> from;
  std::vector<char> inside;
  for (const Sequence& s : layout.sequences())
    for (std::int64_t t = 0; t < s.length; ++t)
      for (std::int64_t at = t - half; at <= t + half; ++at) {
        inside.push_back(at >= 0 && at < s.length ? 1 : 0);
        from.push_back(static_cast<std::int32_t>(s.begin + (inside.back() != 0 ? at : t)));
      }
  const Var found = gather_rows(x, Tensor::from<std::int32_t>({rows}, from));
  const Var mask = x.step().constant(x.dtype() == DType::f64 ? repeated<double>(inside, width_)
                                                             : repeated<float>(inside, width_));
  return reshape(multiply(found, mask), {x.size(0), length_ * width_});
}

Var EncoderConvolution::weight(Step& step) const {
  const Var elements = reshape(step.use(*weight_), {order_.elements(), 1});
  return reshape(gather_rows(elements, order_), {width_, length_ * width_});
}

Var EncoderConvolution::operator()(const Var& embeddings, const Var& states, const Layout& layout) const {
  Step& step = embeddings.step();
  const Var mixed = linear(neighbors(embeddings, layout), {weight(step), step.use(*bias_)});
  return norm_(add(states, activate(dropout(mixed, dropout_), activation_)));
}

}  // namespace regard::models
