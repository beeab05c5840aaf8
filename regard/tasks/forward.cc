#include "regard/tasks/forward.h"

#include <cassert>

#include "regard/tasks/forward_kinds.h"

namespace regard::tasks {
namespace {

template <class Kind>
const Kind* as(const models::Model& model) {
  return model.kind() == Kind::kind_name ? static_cast<const Kind*>(&model) : nullptr;
}

}  // namespace

std::vector<NamedTensor> forward(const models::Model& model, const StepOptions& step,
                                 const NamedTensors& inputs, const ForwardOptions& options) {
  if (const auto* both = as<models::SequenceToSequence>(model))
    return forward_sequence_to_sequence(*both, step, inputs, options);
  if (const auto* encoder = as<models::TextEncoder>(model))
    return forward_text_encoder(*encoder, step, inputs, options);
  if (const auto* causal = as<models::CausalModel>(model))
    return forward_causal(*causal, step, inputs, options);
  assert(false && "a kind of model without a pass");
  return {};
}

}  // namespace regard::tasks
