#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/tape.h"
#include "regard/base/error.h"
#include "regard/tasks/forward_kinds.h"
#include "regard/tasks/forward_parts.h"
#include "regard/tasks/forward_reader.h"
#include "regard/tasks/text_encoder_loss.h"

namespace regard::tasks {
namespace {

using models::HeadKind;
using models::ProblemType;
using models::TextEncoder;

struct Batch {
  TokenBatch tokens;
  Tensor types, global;  // i32 [N] or absent
  std::int64_t columns = 0;
};

// The real tokens' values of a table of whole numbers [B,T].
Tensor of_tokens(const Table& t, const Layout& layout) {
  std::vector<std::int32_t> values;
  for (std::int64_t b = 0; b < layout.batch(); ++b)
    for (std::int64_t i = 0; i < layout.sequences()[static_cast<std::size_t>(b)].length; ++i)
      values.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(t.at(b, i), -1, 1 << 30)));
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(values.size())}, values);
}

Batch batch_of(const TextEncoder& model, const NamedTensors& inputs) {
  check_names(inputs, {"input_ids", "attention_mask", "token_type_ids", "global_attention_mask", "labels",
                       "start_positions", "end_positions"});
  const auto ids = table(inputs, "input_ids");
  if (!ids) throw InputError("input_ids: missing among the inputs");
  check_shape(*ids, {ids->rows, ids->columns, model.max_positions()}, "input_ids");
  const std::int64_t vocabulary = JsonField(model.config(), "config.json").at("vocab_size").positive();
  Batch batch;
  batch.tokens = batch_of(*ids, lengths(table(inputs, "attention_mask"), *ids, "attention_mask"), "input_ids",
                          vocabulary);
  batch.columns = ids->columns;
  const auto more = [&](const char* name) {
    const auto t = table(inputs, name);
    if (!t) return Tensor();
    check_shape(*t, {ids->rows, ids->columns, ids->columns}, name);
    return of_tokens(*t, batch.tokens.layout);
  };
  batch.types = more("token_type_ids");
  batch.global = more("global_attention_mask");
  return batch;
}

// Whole numbers [B].
std::vector<std::int64_t> per_sequence(const NamedTensors& inputs, const char* name, std::int64_t batch) {
  const Tensor& t = inputs.at(name);
  if (t.elements() != batch || is_floating(t.dtype()))
    throw InputError(fmt::format("{}: found {} {}, expected whole numbers [{}]", name, name_of(t.dtype()),
                                 t.shape().to_string(), batch));
  std::vector<std::int64_t> values;
  for (const double v : t.to_doubles()) values.push_back(static_cast<std::int64_t>(v));
  return values;
}

Var sequence_loss(const TextEncoder& model, const TextEncoder::Projected& head, const Tensor& labels) {
  const std::int64_t L = head.projection.weight.size(0), B = head.features.size(0);
  ProblemType problem = model.problem();
  if (problem == ProblemType::unsaid)  // transformers guesses so
    problem = L == 1                        ? ProblemType::regression
              : is_floating(labels.dtype()) ? ProblemType::multi_label
                                            : ProblemType::single_label;
  const std::int64_t expected = problem == ProblemType::single_label ? B : B * L;
  if (labels.elements() != expected)
    throw InputError(
        fmt::format("labels: found {}, expected {} numbers", labels.shape().to_string(), expected));
  if (problem == ProblemType::single_label) {
    std::vector<std::int32_t> classes;
    for (const double label : labels.to_doubles()) {
      if (label != -100 && !(label >= 0 && label < static_cast<double>(L)))
        throw InputError(fmt::format("labels: found {}, expected 0 to {}", label, L - 1));
      classes.push_back(static_cast<std::int32_t>(label));
    }
    return class_loss(head, Tensor::from<std::int32_t>({B}, classes));
  }
  const Tensor wanted = Tensor::from<double>({B, L}, labels.to_doubles());
  const Var logits = linear(head.features, head.projection);
  return problem == ProblemType::regression ? squared_loss(logits, wanted) : binary_loss(logits, wanted);
}

// Absent where the inputs hold no labels.
Var loss_of(const TextEncoder& model, const TextEncoder::Projected& head, const Batch& batch,
            const NamedTensors& inputs) {
  const Layout& layout = batch.tokens.layout;
  if (model.head() == HeadKind::span) {
    if (!inputs.contains("start_positions") || !inputs.contains("end_positions")) return {};
    const std::int64_t B = layout.batch();
    return span_loss(linear(head.features, head.projection), layout,
                     {per_sequence(inputs, "start_positions", B), per_sequence(inputs, "end_positions", B)});
  }
  const auto found = inputs.find("labels");
  if (found == inputs.end()) return {};
  if (model.head() == HeadKind::sequence) return sequence_loss(model, head, found->second);
  const auto labels = table(inputs, "labels");
  check_shape(*labels, {layout.batch(), batch.columns, batch.columns}, "labels");
  if (model.head() == HeadKind::replaced) {
    const Tensor wanted = of_tokens(*labels, layout);
    return binary_loss(linear(head.features, head.projection), wanted.reshape({layout.tokens(), 1}));
  }
  return class_loss(head, targets_of(*labels, batch.tokens, head.projection.weight.size(0)));
}

void add_logits(std::vector<NamedTensor>& results, const TextEncoder& model,
                const TextEncoder::Projected& head, const Batch& batch) {
  const Layout& layout = batch.tokens.layout;
  const Var logits = linear(head.features, head.projection);
  if (model.head() == HeadKind::sequence) {
    results.push_back({"logits", logits.value()});
  } else if (model.head() == HeadKind::span) {
    results.push_back({"start_logits", padded(column(logits, 0).value(), layout, batch.columns)});
    results.push_back({"end_logits", padded(column(logits, 1).value(), layout, batch.columns)});
  } else {
    const Var shaped = model.head() == HeadKind::replaced ? column(logits, 0) : logits;
    results.push_back({"logits", padded(shaped.value(), layout, batch.columns)});
  }
}

}  // namespace

std::vector<NamedTensor> forward_text_encoder(const TextEncoder& model, const StepOptions& step_options,
                                              const NamedTensors& inputs, const ForwardOptions& options) {
  const Batch batch = batch_of(model, inputs);
  const auto wanted = parameters_of(model, options.gradients);
  Tape tape;
  const Layout& layout = batch.tokens.layout;
  const PassSides sides{model.has_decoder() ? Stacks::two : Stacks::one, layout, layout, batch.columns,
                        batch.columns};
  PassReader reader(options, sides);
  StepOptions probing = step_options;
  probing.probe = &reader;
  if (!wanted.empty()) probing.tape = &tape;
  Step step(probing);
  const Var hidden = model.hidden(step, {&batch.tokens, batch.types, batch.global, batch.columns});
  std::vector<NamedTensor> results = reader.fields();
  Var loss;
  if (model.head() == HeadKind::none) {
    results.push_back({"last_hidden_state", padded(hidden.value(), layout, batch.columns)});
    if (const Var pooled = model.pooled(hidden, layout)) results.push_back({"pooler_output", pooled.value()});
  } else {
    const TextEncoder::Projected head = model.project(hidden, layout);
    add_logits(results, model, head, batch);
    loss = loss_of(model, head, batch, inputs);
  }
  if (loss) results.push_back({"loss", loss.value()});
  if (!loss && !wanted.empty())
    throw InputError("labels: missing among the inputs, but gradients are those of the loss");
  if (loss) add_gradients(results, wanted, loss, tape);
  return results;
}

}  // namespace regard::tasks
