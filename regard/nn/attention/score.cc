#include "regard/nn/attention/score.h"

#include "regard/kernels/attention_rows.h"

namespace regard {

Score dot() { return {.scaling = Score::Scaling::none}; }
Score scaled_dot() { return {}; }
Score cosine(double tau) {
  return {.scaling = Score::Scaling::none, .length = Score::Length::one, .factor = tau};
}
Score cosine(const Var& tau) {
  return {.scaling = Score::Scaling::none, .length = Score::Length::one, .tau = tau};
}
Score capped(Score score, double soft_cap) {
  score.soft_cap = soft_cap;
  return score;
}
Score additive(const Var& weight) {
  return {.pairing = kernels::Pairing::additive, .scaling = Score::Scaling::none, .weight = weight};
}

Var unit_rows(const Var& x, const Var& tau) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  const ConstView by = tau ? tau.view() : ConstView();
  kernels::unit_rows(x.step().kernels(), x.view(), by, y.mutable_view());
  return record(std::move(y), {x, tau},
                [x = x.value(), tau = tau ? tau.value() : Tensor()](const Tensor& dy, InputGradients& in) {
                  Tensor dx = in.wants(0) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
                  Tensor dtau = tau && in.wants(1) ? Tensor::zeros(tau.shape(), tau.dtype()) : Tensor();
                  kernels::unit_rows_backward(
                      in.context, {x.view(), tau ? tau.view() : ConstView(), dy.view()},
                      {dx ? dx.mutable_view() : View(), dtau ? dtau.mutable_view() : View()});
                  if (dx) in.add(0, std::move(dx));
                  if (dtau) in.add(1, std::move(dtau));
                });
}

}  // namespace regard
