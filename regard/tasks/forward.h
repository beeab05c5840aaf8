#pragma once

#include <map>
#include <string>
#include <vector>

#include "regard/autograd/step.h"
#include "regard/base/json.h"
#include "regard/models/model.h"
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

// One pass over padded inputs, named as the arguments of transformers' forward(). Masks must be ones, then
// zeros: padding stands on the right. Results are named as its output fields, in the step's compute type;
// rows at padded positions are zeros. What each kind of model reads and gives: forward_kinds.h. InputError:
// an input is missing, unknown, of a wrong type or shape, or holds an id outside the vocabulary; UsageError:
// no parameter of that name.
std::vector<NamedTensor> forward(const models::Model& model, const StepOptions& step,
                                 const NamedTensors& inputs, const ForwardOptions& options);

}  // namespace regard::tasks
