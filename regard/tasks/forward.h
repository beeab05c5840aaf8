#pragma once

#include <map>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tensor/safetensors.h"

namespace regard::tasks {

// Whether values inside the model are wanted.
enum class Inside : std::uint8_t { none, wanted };

struct ForwardOptions {
  Inside hidden_states = Inside::none;
  Inside attentions = Inside::none;
  std::vector<std::string> gradients;  // names of parameters; needs labels
};

using NamedTensors = std::map<std::string, Tensor>;

// One pass of an encoder-decoder over padded inputs, named as the arguments of transformers' forward():
// input_ids [B,S], attention_mask [B,S] (absent: all ones), decoder_input_ids [B,T] (absent: labels shifted
// right), decoder_attention_mask [B,T], labels [B,T] (-100: not counted). Masks must be ones, then zeros:
// padding stands on the right. Results are named as its output fields (logits [B,T,V],
// encoder_last_hidden_state [B,S,C], loss, encoder_hidden_states.i, decoder_hidden_states.i,
// encoder_attentions.i [B,H,S,S], decoder_attentions.i, cross_attentions.i, gradient.NAME), in the step's
// compute type; rows at padded positions are zeros. InputError: an input is missing, unknown, of a wrong type
// or shape, or holds an id outside the vocabulary; UsageError: no parameter of that name.
std::vector<NamedTensor> forward(const models::SequenceToSequence& model, const StepOptions& step,
                                 const NamedTensors& inputs, const ForwardOptions& options);

}  // namespace regard::tasks
