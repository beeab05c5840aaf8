#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/ops/elementwise.h"
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
  std::int64_t choices = 1;  // K: so many rows are one text's
};

// [B*K,C] -> [B,K]
Var scores_of(const TextEncoder::Projected& head, const Batch& batch) {
  const std::int64_t rows = head.features.size(0);
  return reshape(linear(head.features, head.projection), {rows / batch.choices, batch.choices});
}

// The real tokens' values of a table of whole numbers [B,T].
Tensor of_tokens(const Table& t, const Layout& layout) {
  std::vector<std::int32_t> values;
  for (std::int64_t b = 0; b < layout.batch(); ++b)
    for (std::int64_t i = 0; i < layout.sequences()[static_cast<std::size_t>(b)].length; ++i)
      values.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(t.at(b, i), -1, 1 << 30)));
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(values.size())}, values);
}

// [B,K,T] -> [B*K,T]: each choice is a text of its own. Other inputs stay as they are.
NamedTensors flattened(const NamedTensors& inputs) {
  NamedTensors flat = inputs;
  for (auto& [name, tensor] : flat)
    if (name != "labels") {
      if (tensor.rank() != 3)
        throw InputError(
            fmt::format("{}: found {}, expected [texts, choices, tokens]", name, tensor.shape().to_string()));
      tensor = tensor.reshape({tensor.size(0) * tensor.size(1), tensor.size(2)});
    }
  return flat;
}

Batch batch_of(const TextEncoder& model, const NamedTensors& inputs) {
  check_names(inputs, {"input_ids", "attention_mask", "token_type_ids", "global_attention_mask", "labels",
                       "start_positions", "end_positions", "next_sentence_label", "sentence_order_label"});
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

// One of the projection's labels for each row [B].
Var label_loss(const TextEncoder::Projected& head, const Tensor& labels) {
  const std::int64_t L = head.projection.weight.size(0), B = head.features.size(0);
  if (labels.elements() != B)
    throw InputError(fmt::format("labels: found {}, expected {} numbers", labels.shape().to_string(), B));
  std::vector<std::int32_t> classes;
  for (const double label : labels.to_doubles()) {
    if (label != -100 && !(label >= 0 && label < static_cast<double>(L)))
      throw InputError(fmt::format("labels: found {}, expected 0 to {}", label, L - 1));
    classes.push_back(static_cast<std::int32_t>(label));
  }
  return class_loss(head, Tensor::from<std::int32_t>({B}, classes));
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
  if (problem == ProblemType::single_label) return label_loss(head, labels);
  const Tensor wanted = Tensor::from<double>({B, L}, labels.to_doubles());
  const Var logits = linear(head.features, head.projection);
  return problem == ProblemType::regression ? squared_loss(logits, wanted) : binary_loss(logits, wanted);
}

// -log softmax over each text's choices [B,K] of the right one.
Var choice_loss(const Var& scores, const Tensor& labels) {
  Step& step = scores.step();
  const std::int64_t K = scores.size(1);
  std::vector<double> unit(static_cast<std::size_t>(K * K), 0.0);
  for (std::int64_t k = 0; k < K; ++k) unit[static_cast<std::size_t>(k * K + k)] = 1;
  return label_loss({scores, {step.constant(Tensor::from<double>({K, K}, unit)), {}}}, labels);
}

// What pre-training adds: the loss of the relation of each text's halves. Absent where its labels are.
Var relation_loss(const TextEncoder::Projected& relation, const NamedTensors& inputs) {
  for (const char* name : {"next_sentence_label", "sentence_order_label"})
    if (const auto labels = inputs.find(name); labels != inputs.end())
      return label_loss(relation, labels->second);
  return {};
}

// Absent where the inputs hold no labels.
Var loss_of(const TextEncoder& model, const TextEncoder::Projected& head, const Batch& batch,
            const NamedTensors& inputs) {
  const Layout& layout = batch.tokens.layout;
  if (model.head() == HeadKind::span) {
    if (!inputs.contains("start_positions") || !inputs.contains("end_positions")) return {};
    const std::int64_t B = layout.batch();
    return span_loss(head_logits(model, head, batch.tokens), layout,
                     {per_sequence(inputs, "start_positions", B), per_sequence(inputs, "end_positions", B)});
  }
  const auto found = inputs.find("labels");
  if (found == inputs.end()) return {};
  if (model.head() == HeadKind::sequence) return sequence_loss(model, head, found->second);
  if (model.head() == HeadKind::choices) return choice_loss(scores_of(head, batch), found->second);
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
  const Var logits = head_logits(model, head, batch.tokens);
  if (model.head() == HeadKind::sequence) {
    results.push_back({"logits", logits.value()});
  } else if (model.head() == HeadKind::choices) {
    results.push_back({"logits", scores_of(head, batch).value()});
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
                                              const NamedTensors& given, const ForwardOptions& options) {
  const bool choices = model.head() == HeadKind::choices;
  const NamedTensors& inputs = choices ? flattened(given) : given;
  Batch batch = batch_of(model, inputs);
  if (choices) batch.choices = given.at("input_ids").size(1);
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
    if (const auto relation = model.relation(hidden, layout)) {
      results.back().name = "prediction_logits";
      const auto& [features, projection] = relation->projected;
      results.push_back({std::string(relation->output), linear(features, projection).value()});
      const Var of_relation = relation_loss(relation->projected, inputs);
      // As transformers: there is a loss where there are both.
      loss = loss && of_relation ? add(loss, of_relation) : Var();
    }
  }
  if (loss) results.push_back({"loss", loss.value()});
  if (!loss && !wanted.empty())
    throw InputError("labels: missing among the inputs, but gradients are those of the loss");
  if (loss) add_gradients(results, wanted, loss, tape);
  return results;
}

}  // namespace regard::tasks
