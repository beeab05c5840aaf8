#include "regard/explain/subject.h"

#include "regard/autograd/ops/columns.h"
#include "regard/autograd/ops/elementwise.h"
#include "regard/base/error.h"
#include "regard/models/causal_encoder.h"
#include "regard/models/causal_model.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/models/text_encoder.h"

namespace regard::explain {
namespace {

using models::CausalModel;
using models::HeadKind;
using models::SequenceToSequence;
using models::TextEncoder;

TokenBatch batch_of(std::span<const ModelInput> inputs, std::vector<std::int32_t> ModelInput::*which) {
  std::vector<std::vector<std::int32_t>> rows;
  for (const ModelInput& input : inputs) rows.push_back(input.*which);
  return TokenBatch::of(rows);
}

Tensor types_of(std::span<const ModelInput> inputs) {
  std::vector<std::int32_t> all;
  bool any = false;
  for (const ModelInput& input : inputs) {
    any = any || !input.types.empty();
    all.insert(all.end(), input.types.begin(), input.types.end());
    if (input.types.empty()) all.insert(all.end(), input.ids.size(), 0);
  }
  return any ? Tensor::from<std::int32_t>({static_cast<std::int64_t>(all.size())}, all) : Tensor();
}

const TextEncoder& encoder_of(const models::Model& m) { return dynamic_cast<const TextEncoder&>(m); }
const CausalModel& decoder_of(const models::Model& m) { return dynamic_cast<const CausalModel&>(m); }
const SequenceToSequence& both_of(const models::Model& m) {
  return dynamic_cast<const SequenceToSequence&>(m);
}

}  // namespace

Var logits_of(const Outputs& outputs, const Tensor& rows) {
  return regard::soft_cap(linear(gather_rows(outputs.features, rows), outputs.projection), outputs.soft_cap);
}

Subject::Subject(const models::Model& model, const StepOptions& options)
    : model_(model),
      options_(options),
      kind_(model.kind() == TextEncoder::kind_name   ? Kind::encoder
            : model.kind() == CausalModel::kind_name ? Kind::decoder
                                                     : Kind::both) {}

bool Subject::has_head() const {
  if (kind_ == Kind::encoder) return encoder_of(model_).head() != HeadKind::none;
  return kind_ == Kind::decoder ? decoder_of(model_).has_vocabulary() : both_of(model_).has_vocabulary_head();
}

bool Subject::tells_of_texts() const {
  if (kind_ != Kind::encoder) return false;
  const HeadKind head = encoder_of(model_).head();
  return head == HeadKind::sequence || head == HeadKind::choices;
}

Var Subject::states(Step& step, std::span<const ModelInput> inputs) const {
  const TokenBatch tokens = batch_of(inputs, &ModelInput::ids);
  if (kind_ == Kind::encoder)
    return encoder_of(model_).hidden(step, {.tokens = &tokens, .types = types_of(inputs)});
  if (kind_ == Kind::decoder) return decoder_of(model_).hidden(step, tokens);
  const models::Memory memory = both_of(model_).encode(step, tokens);
  return both_of(model_).decode(memory, batch_of(inputs, &ModelInput::prefix));
}

Outputs Subject::head(const Var& states, std::span<const ModelInput> inputs) const {
  if (!has_head()) throw UsageError("a model without a head answers nothing that could be explained");
  Layout rows = batch_of(inputs, kind_ == Kind::both ? &ModelInput::prefix : &ModelInput::ids).layout;
  if (kind_ == Kind::encoder) {
    const TextEncoder::Projected end = encoder_of(model_).project(states, rows);
    if (tells_of_texts()) rows = Layout::of(std::vector<std::int64_t>(inputs.size(), 1));
    return {end.features, end.projection, 0, rows};
  }
  Step& step = states.step();
  if (kind_ == Kind::decoder)
    return {states, decoder_of(model_).vocabulary(step), decoder_of(model_).soft_cap(), rows};
  return {states, both_of(model_).vocabulary(step), 0, rows};
}

Outputs Subject::pass(Step& step, std::span<const ModelInput> inputs) const {
  return head(states(step, inputs), inputs);
}

void Subject::run(Step& step, std::span<const ModelInput> inputs) const { states(step, inputs); }

Outputs Subject::end(Step& step, const Tensor& lens, std::span<const ModelInput> inputs) const {
  return head(step.constant(lens), inputs);
}

std::vector<std::string> Subject::embeddings() const {
  const bool two = kind_ == Kind::both || (kind_ == Kind::encoder && encoder_of(model_).has_decoder());
  if (two) return {"encoder.embedding", "decoder.embedding"};
  return {last_stack() == "decoder.block." ? "decoder.embedding" : "encoder.embedding"};
}

std::string Subject::last_stack() const {
  if (kind_ != Kind::encoder || encoder_of(model_).has_decoder()) return "decoder.block.";
  const bool causal = dynamic_cast<const models::CausalEncoder*>(&model_) != nullptr;
  return causal ? "decoder.block." : "encoder.block.";
}

}  // namespace regard::explain
