#pragma once

#include <cstdint>
#include <string>

#include "regard/autograd/ops/dropout.h"
#include "regard/nn/norm.h"

namespace regard::nn {

// Where a sublayer f is normalized. post: norm(x + f(x)) (Vaswani et al. 2017); pre: x + f(norm(x)), so that
// a stack's residual stream is never normalized and ends with a norm of its own (Xiong et al. 2020);
// before: y + f(y) with y = norm(x) (an option of BLOOM).
enum class NormPosition : std::uint8_t { post, pre, before };

struct ResidualShape {
  NormShape norm;
  NormPosition position = NormPosition::post;
  double dropout = 0;  // of what the sublayer gives, when training
};

// The connection around a sublayer, with its normalization. `name` is that of the norm in the checkpoint.
class ResidualConnection {
 public:
  ResidualConnection(Parameters& parameters, const std::string& name, const ResidualShape& shape)
      : norm_(parameters, name, shape.norm), position_(shape.position), dropout_(shape.dropout) {}

  // x [N,C]; f: Var [N,C] -> Var [N,C].
  template <class F>
  Var operator()(const Var& x, const F& f) const {
    if (position_ == NormPosition::pre) return dropout_add(f(norm_(x)), x, dropout_);
    if (position_ == NormPosition::before) {
      const Var y = norm_(x);
      return dropout_add(f(y), y, dropout_);
    }
    return norm_({.x = f(x), .residual = x, .dropout = dropout_}).first;
  }

 private:
  Norm norm_;
  NormPosition position_;
  double dropout_;
};

}  // namespace regard::nn
