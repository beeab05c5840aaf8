#include <fmt/format.h>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tasks/forward_kinds.h"
#include "regard/tasks/forward_parts.h"
#include "regard/tasks/forward_reader.h"

namespace regard::tasks {
namespace {

// What the pass is made of.
struct Batch {
  TokenBatch source, inputs;
  PassSides sides;
  std::optional<Tensor> targets;  // i32 [N], negative: not counted
};

// What the decoder is given where only labels are: they themselves behind what it begins with.
Table shifted_right(const Table& labels, const models::SequenceToSequence& model) {
  const JsonField keys(model.config(), "config.json");
  const std::int64_t pad = keys.at("pad_token_id").integer();
  const bool own = model.decoder_start() == models::DecoderStart::last_token;
  const std::int64_t start = own ? pad : keys.at("decoder_start_token_id").integer();
  const auto label = [&](std::int64_t b, std::int64_t i) {
    return labels.at(b, i) == -100 ? pad : labels.at(b, i);
  };
  Table out = labels;
  for (std::int64_t b = 0; b < labels.rows; ++b) {
    std::int64_t real = 0;
    for (std::int64_t i = 0; i < labels.columns; ++i) real += label(b, i) != pad ? 1 : 0;
    const std::int64_t first = own && real > 0 ? label(b, real - 1) : start;
    for (std::int64_t i = 0; i < labels.columns; ++i)
      out.values[static_cast<std::size_t>(b * labels.columns + i)] = i == 0 ? first : label(b, i - 1);
  }
  return out;
}

Batch batch_of(const models::SequenceToSequence& model, const NamedTensors& inputs) {
  check_names(inputs,
              {"input_ids", "attention_mask", "decoder_input_ids", "decoder_attention_mask", "labels"});
  const JsonField config(model.config(), "config.json");
  const std::int64_t vocabulary = config.at("vocab_size").positive();
  const std::int64_t target_vocabulary = config.positive_or("decoder_vocab_size", vocabulary);
  const auto ids = table(inputs, "input_ids");
  if (!ids) throw InputError("input_ids: missing among the inputs");
  const auto labels = table(inputs, "labels");
  auto target = table(inputs, "decoder_input_ids");
  if (!target && !labels) throw InputError("decoder_input_ids: missing among the inputs, and so are labels");
  if (!target) target = shifted_right(*labels, model);
  check_shape(*target, {ids->rows, target->columns, model.max_positions()}, "decoder_input_ids");
  check_shape(*ids, {ids->rows, ids->columns, model.max_positions()}, "input_ids");
  if (labels) check_shape(*labels, {ids->rows, target->columns, model.max_positions()}, "labels");
  Batch batch;
  batch.source = batch_of(*ids, lengths(table(inputs, "attention_mask"), *ids, "attention_mask"), "input_ids",
                          vocabulary);
  batch.inputs =
      batch_of(*target, lengths(table(inputs, "decoder_attention_mask"), *target, "decoder_attention_mask"),
               "decoder_input_ids", target_vocabulary);
  batch.sides = {Stacks::two, batch.source.layout, batch.inputs.layout, ids->columns, target->columns};
  if (labels) batch.targets = targets_of(*labels, batch.inputs, target_vocabulary);
  return batch;
}

}  // namespace

std::vector<NamedTensor> forward_sequence_to_sequence(const models::SequenceToSequence& model,
                                                      const StepOptions& step_options,
                                                      const NamedTensors& inputs,
                                                      const ForwardOptions& options) {
  const Batch batch = batch_of(model, inputs);
  const auto wanted = parameters_of(model, options.gradients);
  if (!model.has_vocabulary_head() && (batch.targets || !wanted.empty()))
    throw InputError("labels: found some, but a model without a projection has no loss");
  if (!wanted.empty() && !batch.targets)
    throw InputError("labels: missing among the inputs, but gradients are those of the loss");

  Tape tape;
  PassReader reader(options, batch.sides);
  StepOptions probing = step_options;
  probing.probe = &reader;
  if (!wanted.empty()) probing.tape = &tape;
  Step step(probing);
  const models::Memory memory = model.encode(step, batch.source);
  const Var hidden = model.decode(memory, batch.inputs);
  std::vector<NamedTensor> results = reader.fields();
  if (!model.has_vocabulary_head()) {
    results.push_back({"last_hidden_state", reader.decoded});
    return results;
  }
  const LinearWeights vocabulary = model.vocabulary(step);
  results.push_back({"logits", padded(linear(hidden, vocabulary).value(), batch.inputs.layout,
                                      batch.sides.target_columns)});
  if (batch.targets) {
    const VocabularyLoss loss = vocabulary_loss(hidden, vocabulary, *batch.targets);
    const Var mean = scale(loss.sum, 1.0 / static_cast<double>(std::max<std::int64_t>(1, loss.tokens)));
    results.push_back({"loss", mean.value()});
    add_gradients(results, wanted, mean, tape);
  }
  return results;
}

}  // namespace regard::tasks
