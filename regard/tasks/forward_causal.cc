#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"
#include "regard/tasks/forward_kinds.h"
#include "regard/tasks/forward_parts.h"
#include "regard/tasks/forward_reader.h"

namespace regard::tasks {
namespace {

// Where the real tokens of each row stand: `first` columns of padding, then `length` tokens.
struct Extent {
  std::int64_t first = 0, length = 0;
};

std::vector<Extent> extents(const std::optional<Table>& mask, const Table& ids) {
  std::vector<Extent> all(static_cast<std::size_t>(ids.rows), {0, ids.columns});
  if (!mask) return all;
  check_shape(*mask, {ids.rows, ids.columns, ids.columns}, "attention_mask");
  for (std::int64_t b = 0; b < ids.rows; ++b) {
    Extent& e = all[static_cast<std::size_t>(b)];
    while (e.first < ids.columns && mask->at(b, e.first) == 0) ++e.first;
    e.length = 0;
    while (e.first + e.length < ids.columns && mask->at(b, e.first + e.length) == 1) ++e.length;
    for (std::int64_t i = e.first + e.length; i < ids.columns; ++i)
      if (mask->at(b, i) != 0)
        throw InputError(
            fmt::format("attention_mask: row {}: found {} at {}, expected ones in a row, and zeros "
                        "before or after them",
                        b, mask->at(b, i), i));
    if (e.length == 0)
      throw InputError(fmt::format("attention_mask: row {}: found no ones, expected at least one", b));
  }
  return all;
}

// What the pass is made of.
struct Batch {
  TokenBatch inputs;
  std::vector<Extent> extents;
  std::int64_t columns = 0;
  std::optional<Tensor> targets;  // i32 [N], negative: not counted
};

// The position of a row's first token.
std::int64_t first_position(const models::CausalModel& model, const std::optional<Table>& positions,
                            std::int64_t row, const Extent& e) {
  if (!positions) return model.left_padding() == models::LeftPadding::counted ? e.first : 0;
  const std::int64_t first = positions->at(row, e.first);
  for (std::int64_t i = 0; i < e.length; ++i)
    if (const std::int64_t p = positions->at(row, e.first + i); p != first + i || p < 0)
      throw InputError(
          fmt::format("position_ids: row {}: found {} at {}, expected {}: positions of real tokens "
                      "follow one another",
                      row, p, e.first + i, std::max<std::int64_t>(0, first + i)));
  return first;
}

// Each token's target is the label of the next real one; the last has none.
Tensor shifted(const Table& labels, const std::vector<Extent>& rows, std::int64_t vocabulary) {
  std::vector<std::int32_t> targets;
  for (std::int64_t b = 0; b < labels.rows; ++b) {
    const Extent& e = rows[static_cast<std::size_t>(b)];
    for (std::int64_t i = e.first + 1; i <= e.first + e.length; ++i) {
      const std::int64_t label = i < e.first + e.length ? labels.at(b, i) : -100;
      if (label != -100 && (label < 0 || label >= vocabulary))
        throw InputError(fmt::format("labels: [{}, {}]: found {}, expected -100 or an id from 0 to {}", b, i,
                                     label, vocabulary - 1));
      targets.push_back(static_cast<std::int32_t>(label));
    }
  }
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(targets.size())}, targets);
}

Batch batch_of(const models::CausalModel& model, const NamedTensors& inputs) {
  check_names(inputs, {"input_ids", "attention_mask", "position_ids", "labels"});
  const std::int64_t vocabulary = JsonField(model.config(), "config.json").at("vocab_size").positive();
  const auto ids = table(inputs, "input_ids");
  if (!ids) throw InputError("input_ids: missing among the inputs");
  const auto positions = table(inputs, "position_ids"), labels = table(inputs, "labels");
  if (positions) check_shape(*positions, {ids->rows, ids->columns, ids->columns}, "position_ids");
  if (labels) check_shape(*labels, {ids->rows, ids->columns, ids->columns}, "labels");
  if (labels && !model.has_vocabulary())
    throw InputError("labels: found some, but the model has no projection onto the vocabulary");
  Batch batch;
  batch.columns = ids->columns;
  batch.extents = extents(table(inputs, "attention_mask"), *ids);
  std::vector<std::int32_t> tokens;
  for (std::int64_t b = 0; b < ids->rows; ++b) {
    const Extent& e = batch.extents[static_cast<std::size_t>(b)];
    for (std::int64_t i = e.first; i < e.first + e.length; ++i) {
      const std::int64_t id = ids->at(b, i);
      if (id < 0 || id >= vocabulary)
        throw InputError(fmt::format("input_ids: [{}, {}]: found {}, expected an id from 0 to {}", b, i, id,
                                     vocabulary - 1));
      tokens.push_back(static_cast<std::int32_t>(id));
    }
    const std::int64_t past = first_position(model, positions, b, e);
    if (past + e.length > model.max_positions())
      throw InputError(fmt::format("input_ids: row {}: found {} positions, expected at most {}", b,
                                   past + e.length, model.max_positions()));
    batch.inputs.layout.add(e.length, past);
  }
  batch.inputs.ids = Tensor::from<std::int32_t>({static_cast<std::int64_t>(tokens.size())}, tokens);
  if (labels) batch.targets = shifted(*labels, batch.extents, vocabulary);
  return batch;
}

// [N,C] -> [B,T,C], or weights [H,N,S'] -> [B,H,T,S] where S = T: each row's tokens in its columns.
class Padding {
 public:
  explicit Padding(const Batch& batch) : batch_(batch) {}

  Tensor rows(const Tensor& x) const {
    const std::int64_t B = batch_.inputs.layout.batch();
    Tensor out = Tensor::zeros({B, batch_.columns, x.size(1)}, x.dtype());
    for (std::int64_t b = 0; b < B; ++b) {
      const Extent& e = batch_.extents[static_cast<std::size_t>(b)];
      copy({x, sequence(b).begin * x.size(1)}, {out, (b * batch_.columns + e.first) * x.size(1)},
           e.length * x.size(1));
    }
    return out;
  }
  Tensor weights(const Tensor& x) const {
    const std::int64_t B = batch_.inputs.layout.batch(), H = x.size(0), N = x.size(1), T = batch_.columns;
    Tensor out = Tensor::zeros({B, H, T, T}, x.dtype());
    for (std::int64_t b = 0; b < B; ++b) {
      const Extent& e = batch_.extents[static_cast<std::size_t>(b)];
      for (std::int64_t h = 0; h < H; ++h)
        for (std::int64_t i = 0; i < e.length; ++i)
          copy({x, (h * N + sequence(b).begin + i) * x.size(2)},
               {out, ((b * H + h) * T + e.first + i) * T + e.first}, e.length);
    }
    return out;
  }

 private:
  struct Place {
    const Tensor& tensor;
    std::int64_t element;
  };
  const Sequence& sequence(std::int64_t b) const {
    return batch_.inputs.layout.sequences()[static_cast<std::size_t>(b)];
  }
  static void copy(const Place& from, const Place& to, std::int64_t elements) {
    const auto size = static_cast<std::int64_t>(size_of(from.tensor.dtype()));
    Tensor target = to.tensor;  // the same storage
    std::memcpy(static_cast<std::byte*>(target.mutable_view().data) + to.element * size,
                static_cast<const std::byte*>(from.tensor.view().data) + from.element * size,
                static_cast<std::size_t>(elements * size));
  }

  const Batch& batch_;
};

// Collects what the pass offers by name.
class Reader final : public Probe {
 public:
  Reader(const ForwardOptions& options, const Batch& batch) : options_(options), padding_(batch) {}

  bool wants(const std::string& name) override { return !field_of(name).empty(); }
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override {
    const bool weights = name.ends_with("attention.weights");
    results.push_back({field_of(name), weights ? padding_.weights(value) : padding_.rows(value)});
    return std::nullopt;
  }

  std::vector<NamedTensor> results;

 private:
  std::string field_of(const std::string& name) const { return output_field(name, options_, Stacks::one); }

  const ForwardOptions& options_;
  Padding padding_;
};

}  // namespace

std::vector<NamedTensor> forward_causal(const models::CausalModel& model, const StepOptions& step_options,
                                        const NamedTensors& inputs, const ForwardOptions& options) {
  const Batch batch = batch_of(model, inputs);
  const auto wanted = parameters_of(model, options.gradients);
  if (!wanted.empty() && !batch.targets)
    throw InputError("labels: missing among the inputs, but gradients are those of the loss");

  Tape tape;
  Reader reader(options, batch);
  StepOptions probing = step_options;
  probing.probe = &reader;
  if (!wanted.empty()) probing.tape = &tape;
  Step step(probing);
  const Var hidden = model.hidden(step, batch.inputs);
  const Tensor states = Padding(batch).rows(hidden.value());

  std::vector<NamedTensor> results = std::move(reader.results);
  if (options.hidden_states == Inside::wanted) add_last_hidden(results, "hidden_states", states);
  if (!model.has_vocabulary()) {
    results.push_back({"last_hidden_state", states});
    return results;
  }
  results.push_back({"logits", Padding(batch).rows(model.logits(hidden).value())});
  if (batch.targets) {
    const VocabularyLoss loss =
        vocabulary_loss(hidden, model.vocabulary(step), *batch.targets, {.soft_cap = model.soft_cap()});
    const Var mean = scale(loss.sum, 1.0 / static_cast<double>(std::max<std::int64_t>(1, loss.tokens)));
    results.push_back({"loss", mean.value()});
    add_gradients(results, wanted, mean, tape);
  }
  return results;
}

}  // namespace regard::tasks
