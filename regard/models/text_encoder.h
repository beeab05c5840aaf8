#pragma once

#include <map>
#include <string>

#include "regard/models/model.h"
#include "regard/tensor/token_batch.h"

namespace regard::models {

// What a text encoder reads. `types` [N] are token types (segments); absent: all zeros.
struct EncoderInputs {
  const TokenBatch* tokens = nullptr;
  Tensor types;
  Tensor
      global;  // [N] of 0 and 1: tokens that see and are seen by all, where the family has such; absent: none
};

// An encoder alone (Devlin et al. 2019), with the head that its `architectures` names.
class TextEncoder : public Model {
 public:
  static constexpr std::string_view kind_name = "a text encoder";
  std::string_view kind() const final { return kind_name; }

  // Hidden states [N,C] after the last layer, whatever the head.
  virtual Var hidden(Step& step, const EncoderInputs& inputs) const = 0;
  // What the head makes of them, named as the output's fields in transformers: "logits" (per token [N,V],
  // [N,labels], or per sequence [B,labels]), "start_logits" and "end_logits" [N], "pooler_output" [B,C].
  virtual std::map<std::string, Var> head(const Var& hidden, const EncoderInputs& inputs) const = 0;
};

}  // namespace regard::models
