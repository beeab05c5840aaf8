#pragma once

#include <string>

#include "regard/models/text_encoder_config.h"
#include "regard/nn/norm.h"

namespace regard::models {

// What stands beside the first layer of the larger DeBERTa-v2 (He et al. 2021, "nGiE"): a convolution of the
// embeddings over neighboring tokens, whose activation is added to what the layer gives, with a norm behind.
class EncoderConvolution {
 public:
  // `name`.weight [C,C,K] and `name`.bias [C].
  EncoderConvolution(nn::Parameters& parameters, const std::string& name, const std::string& norm,
                     const TextEncoderConfig& config);
  // Embeddings and states [N,C] -> [N,C]. Behind the ends of a text there are zeros.
  Var operator()(const Var& embeddings, const Var& states, const Layout& layout) const;

 private:
  Var neighbors(const Var& x, const Layout& layout) const;  // [N,C] -> [N,K*C]
  Var weight(Step& step) const;                             // [C,K*C]

  std::int64_t width_, length_;  // C, K
  kernels::Activation activation_;
  double dropout_;
  const Parameter *weight_, *bias_;
  nn::Norm norm_;
  Tensor order_;  // i32 [C*K*C]: of the elements of weight() in the file's
};

}  // namespace regard::models
