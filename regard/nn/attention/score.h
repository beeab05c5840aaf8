#pragma once

#include "regard/autograd/var.h"
#include "regard/kernels/attention.h"

namespace regard {

// How a query row and a key row become one number: what is done to rows first, then one of two pairings.
struct Score {
  enum class Scaling : std::uint8_t { none, inverse_root };  // inverse_root: divided by sqrt(D)
  enum class Length : std::uint8_t { kept, one };            // one: rows divided by their norm

  kernels::Pairing pairing = kernels::Pairing::dot;
  Scaling scaling = Scaling::inverse_root;
  Length length = Length::kept;
  double factor = 1;    // further factor of the score
  double soft_cap = 0;  // c: a score s becomes c tanh(s / c), before what is added to it (Gemma 2); 0: none
  Var tau;              // learned factor, a scalar or [H]; or absent
  Var weight;           // w [D] of the additive pairing
};

Score dot();                                 // q . k (Luong et al. 2015)
Score scaled_dot();                          // q . k / sqrt(D) (Vaswani et al. 2017)
Score cosine(double tau);                    // tau q . k / (|q| |k|)
Score cosine(const Var& tau);                // the same with a learned tau, a scalar or [H]
Score capped(Score score, double soft_cap);  // the same with a cap
Score additive(const Var& weight);           // w . tanh(q + k) (Bahdanau et al. 2015)

// tau * x / |x| along the last axis of [N,H,D]; rows of zeros stay zeros. tau absent: 1.
Var unit_rows(const Var& x, const Var& tau);

}  // namespace regard
