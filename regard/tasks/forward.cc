#include "regard/tasks/forward.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/autograd/probe.h"
#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/explain/attention_maps.h"

namespace regard::tasks {
namespace {

// Whole numbers [B,T], row by row.
struct Table {
  std::int64_t rows = 0, columns = 0;
  std::vector<std::int64_t> values;
  std::int64_t at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
};

std::optional<Table> table(const NamedTensors& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  if (found == inputs.end()) return std::nullopt;
  const Tensor& t = found->second;
  if (t.rank() != 2 || is_floating(t.dtype()))
    throw InputError(fmt::format("{}: found {} {}, expected whole numbers [batch, length]", name,
                                 name_of(t.dtype()), t.shape().to_string()));
  Table out{t.size(0), t.size(1), {}};
  if (t.elements() == 0)
    throw InputError(fmt::format("{}: found {}, which holds nothing", name, t.shape().to_string()));
  for (const double v : t.to_doubles()) out.values.push_back(static_cast<std::int64_t>(v));
  return out;
}

// How many tokens of each row are real, by a mask that must be ones and then zeros.
std::vector<std::int64_t> lengths(const std::optional<Table>& mask, const Table& ids,
                                  const std::string& name) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(ids.rows), ids.columns);
  if (!mask) return all;
  if (mask->rows != ids.rows || mask->columns != ids.columns)
    throw InputError(fmt::format("{}: found [{}, {}], expected [{}, {}]", name, mask->rows, mask->columns,
                                 ids.rows, ids.columns));
  for (std::int64_t b = 0; b < ids.rows; ++b) {
    std::int64_t n = 0;
    while (n < ids.columns && mask->at(b, n) == 1) ++n;
    for (std::int64_t i = n; i < ids.columns; ++i)
      if (n == 0 || mask->at(b, i) != 0)
        throw InputError(
            fmt::format("{}: row {}: found {} at {}, expected ones and then zeros (padding on "
                        "the right)",
                        name, b, mask->at(b, i), i));
    all[static_cast<std::size_t>(b)] = n;
  }
  return all;
}

TokenBatch batch_of(const Table& ids, const std::vector<std::int64_t>& lengths, const std::string& name,
                    std::int64_t vocabulary) {
  std::vector<std::vector<std::int32_t>> sequences;
  for (std::int64_t b = 0; b < ids.rows; ++b) {
    auto& sequence = sequences.emplace_back();
    for (std::int64_t i = 0; i < lengths[static_cast<std::size_t>(b)]; ++i) {
      const std::int64_t id = ids.at(b, i);
      if (id < 0 || id >= vocabulary)
        throw InputError(fmt::format("{}: [{}, {}]: found {}, expected an id from 0 to {}", name, b, i, id,
                                     vocabulary - 1));
      sequence.push_back(static_cast<std::int32_t>(id));
    }
  }
  return TokenBatch::of(sequences);
}

// Copies elements between the ragged and the padded form: `each(ragged row, batch row, column)`.
template <class F>
void for_each_row(const Layout& layout, F&& each) {
  std::int64_t b = 0;
  for (const Sequence& s : layout.sequences()) {
    for (std::int64_t i = 0; i < s.length; ++i) each(s.begin + i, b, i);
    ++b;
  }
}

// [N,...] -> [B,T,...], zeros where there is no token.
Tensor padded(const Tensor& x, const Layout& layout, std::int64_t columns) {
  Shape shape = x.rank() == 2 ? Shape{layout.batch(), columns, x.size(1)} : Shape{layout.batch(), columns};
  Tensor out = Tensor::zeros(shape, x.dtype());
  const std::size_t row_bytes = x.bytes() / static_cast<std::size_t>(std::max<std::int64_t>(1, x.size(0)));
  auto* to = static_cast<std::byte*>(out.mutable_view().data);
  const auto* from = static_cast<const std::byte*>(x.view().data);
  for_each_row(layout, [&](std::int64_t n, std::int64_t b, std::int64_t i) {
    std::copy_n(from + static_cast<std::size_t>(n) * row_bytes, row_bytes,
                to + static_cast<std::size_t>(b * columns + i) * row_bytes);
  });
  return out;
}

struct Sides {
  Layout queries;
  std::int64_t query_columns = 0, key_columns = 0;
};
// Attention weights [H,N,S'] -> [B,H,T,S]; S' is the most keys that a sequence has.
Tensor padded_weights(const Tensor& x, const Sides& sides) {
  const std::int64_t heads = x.size(0), tokens = x.size(1), keys = x.size(2);
  Tensor out =
      Tensor::zeros({sides.queries.batch(), heads, sides.query_columns, sides.key_columns}, x.dtype());
  const std::size_t size = size_of(x.dtype());
  auto* to = static_cast<std::byte*>(out.mutable_view().data);
  const auto* from = static_cast<const std::byte*>(x.view().data);
  for (std::int64_t h = 0; h < heads; ++h)
    for_each_row(sides.queries, [&](std::int64_t n, std::int64_t b, std::int64_t i) {
      const std::int64_t target = ((b * heads + h) * sides.query_columns + i) * sides.key_columns;
      std::copy_n(from + static_cast<std::size_t>((h * tokens + n) * keys) * size,
                  static_cast<std::size_t>(keys) * size, to + static_cast<std::size_t>(target) * size);
    });
  return out;
}

// What the pass is made of.
struct Batch {
  TokenBatch source, inputs;
  std::int64_t source_columns = 0, target_columns = 0;
  std::optional<Tensor> targets;  // i32 [N], negative: not counted
};

Table shifted_right(const Table& labels, const Json& config) {
  const JsonField keys(config, "config.json");
  const std::int64_t start = keys.at("decoder_start_token_id").integer();
  const std::int64_t pad = keys.at("pad_token_id").integer();
  Table out = labels;
  for (std::int64_t b = 0; b < labels.rows; ++b)
    for (std::int64_t i = 0; i < labels.columns; ++i) {
      std::int64_t id = i == 0 ? start : labels.at(b, i - 1);
      if (id == -100) id = pad;
      out.values[static_cast<std::size_t>(b * labels.columns + i)] = id;
    }
  return out;
}

Tensor targets_of(const Table& labels, const TokenBatch& inputs, std::int64_t vocabulary) {
  std::vector<std::int32_t> targets;
  for_each_row(inputs.layout, [&](std::int64_t, std::int64_t b, std::int64_t i) {
    const std::int64_t label = labels.at(b, i);
    if (label != -100 && (label < 0 || label >= vocabulary))
      throw InputError(fmt::format("labels: [{}, {}]: found {}, expected -100 or an id from 0 to {}", b, i,
                                   label, vocabulary - 1));
    targets.push_back(static_cast<std::int32_t>(label));
  });
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(targets.size())}, targets);
}

void check_names(const NamedTensors& inputs) {
  const std::vector<std::string> known{"input_ids", "attention_mask", "decoder_input_ids",
                                       "decoder_attention_mask", "labels"};
  for (const auto& [name, value] : inputs)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw InputError(fmt::format("no input '{}'{}", name, did_you_mean(name, known)));
}

struct Expected {
  std::int64_t rows = 0, columns = 0, most_columns = 0;
};
void check_shape(const Table& t, const Expected& expected, const char* name) {
  if (t.rows != expected.rows || t.columns != expected.columns)
    throw InputError(fmt::format("{}: found [{}, {}], expected [{}, {}]", name, t.rows, t.columns,
                                 expected.rows, expected.columns));
  if (t.columns > expected.most_columns)
    throw InputError(
        fmt::format("{}: found {} positions, expected at most {}", name, t.columns, expected.most_columns));
}

Batch batch_of(const models::SequenceToSequence& model, const NamedTensors& inputs) {
  check_names(inputs);
  const JsonField config(model.config(), "config.json");
  const std::int64_t vocabulary = config.at("vocab_size").positive();
  const std::int64_t target_vocabulary = config.positive_or("decoder_vocab_size", vocabulary);
  const auto ids = table(inputs, "input_ids");
  if (!ids) throw InputError("input_ids: missing among the inputs");
  const auto labels = table(inputs, "labels");
  auto target = table(inputs, "decoder_input_ids");
  if (!target && !labels) throw InputError("decoder_input_ids: missing among the inputs, and so are labels");
  if (!target) target = shifted_right(*labels, model.config());
  check_shape(*target, {ids->rows, target->columns, model.max_positions()}, "decoder_input_ids");
  check_shape(*ids, {ids->rows, ids->columns, model.max_positions()}, "input_ids");
  if (labels) check_shape(*labels, {ids->rows, target->columns, model.max_positions()}, "labels");
  Batch batch;
  batch.source = batch_of(*ids, lengths(table(inputs, "attention_mask"), *ids, "attention_mask"), "input_ids",
                          vocabulary);
  batch.inputs =
      batch_of(*target, lengths(table(inputs, "decoder_attention_mask"), *target, "decoder_attention_mask"),
               "decoder_input_ids", target_vocabulary);
  batch.source_columns = ids->columns;
  batch.target_columns = target->columns;
  if (labels) batch.targets = targets_of(*labels, batch.inputs, target_vocabulary);
  return batch;
}

std::vector<const Parameter*> parameters_of(const models::SequenceToSequence& model,
                                            const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Parameter* p : model.parameters().all()) known.push_back(p->name());
  std::vector<const Parameter*> wanted;
  for (const std::string& name : names) {
    const Parameter* p = model.parameters().find(name);
    if (p == nullptr)
      throw UsageError(fmt::format("--gradients: no parameter '{}'{}", name, did_you_mean(name, known)));
    wanted.push_back(p);
  }
  return wanted;
}

// Collects what the pass offers by name.
class Reader final : public Probe {
 public:
  Reader(const ForwardOptions& options, const Batch& batch) : options_(options), batch_(batch) {}

  bool wants(const std::string& name) override { return !field_of(name).empty(); }
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override {
    const std::string field = field_of(name);
    const bool source = name.starts_with("encoder");
    const Layout& layout = (source ? batch_.source : batch_.inputs).layout;
    const std::int64_t columns = source ? batch_.source_columns : batch_.target_columns;
    if (!name.ends_with("attention.weights")) {
      results.push_back({field, padded(value, layout, columns)});
    } else {
      const bool keys_of_source = explain::attention_name(name).part != explain::AttentionPart::decoder;
      results.push_back(
          {field, padded_weights(value, {layout, columns,
                                         keys_of_source ? batch_.source_columns : batch_.target_columns})});
    }
    return std::nullopt;
  }

  std::vector<NamedTensor> results;

 private:
  // The output field of a probed value; empty where it is not wanted.
  std::string field_of(const std::string& name) const {
    const explain::AttentionName attention = explain::attention_name(name);
    if (attention.layer >= 0) {
      if (options_.attentions == Inside::none) return "";
      const char* part = attention.part == explain::AttentionPart::encoder   ? "encoder_attentions"
                         : attention.part == explain::AttentionPart::decoder ? "decoder_attentions"
                                                                             : "cross_attentions";
      return fmt::format("{}.{}", part, attention.layer);
    }
    if (options_.hidden_states == Inside::none) return "";
    for (const std::string side : {"encoder", "decoder"}) {
      const std::string block = side + ".block.";
      if (!name.starts_with(block)) continue;
      const std::string rest = name.substr(block.size());
      const std::size_t dot = rest.find('.');
      if (dot != std::string::npos && rest.substr(dot) == ".input")
        return fmt::format("{}_hidden_states.{}", side, rest.substr(0, dot));
    }
    return "";
  }

  const ForwardOptions& options_;
  const Batch& batch_;
};

// The states after the last block have the number that follows the last block's.
void add_last_hidden(std::vector<NamedTensor>& results, const std::string& side, const Tensor& states) {
  const std::string prefix = side + "_hidden_states.";
  const auto blocks = std::count_if(results.begin(), results.end(),
                                    [&](const NamedTensor& t) { return t.name.starts_with(prefix); });
  results.push_back({fmt::format("{}{}", prefix, blocks), states});
}

}  // namespace

std::vector<NamedTensor> forward(const models::SequenceToSequence& model, const StepOptions& step_options,
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
  const models::Memory memory = model.encode(step, batch.source);
  const Var hidden = model.decode(memory, batch.inputs);
  const Tensor encoded = padded(memory.states.value(), batch.source.layout, batch.source_columns);
  LinearWeights vocabulary = model.vocabulary(step);
  if (vocabulary.bias.value().rank() == 2)
    vocabulary.bias = reshape(vocabulary.bias, {vocabulary.bias.size(1)});

  std::vector<NamedTensor> results = std::move(reader.results);
  if (options.hidden_states == Inside::wanted) {
    add_last_hidden(results, "encoder", encoded);
    add_last_hidden(results, "decoder", padded(hidden.value(), batch.inputs.layout, batch.target_columns));
  }
  results.push_back({"encoder_last_hidden_state", encoded});
  results.push_back(
      {"logits", padded(linear(hidden, vocabulary).value(), batch.inputs.layout, batch.target_columns)});
  if (batch.targets) {
    const VocabularyLoss loss = vocabulary_loss(hidden, vocabulary, *batch.targets);
    const Var mean = scale(loss.sum, 1.0 / static_cast<double>(std::max<std::int64_t>(1, loss.tokens)));
    results.push_back({"loss", mean.value()});
    if (!wanted.empty()) tape.backward(mean);
    for (const Parameter* p : wanted) {
      const Tensor& gradient = tape.gradient(*p);
      results.push_back(
          {"gradient." + p->name(), gradient ? gradient : Tensor::zeros(p->shape(), step.compute())});
    }
  }
  return results;
}

}  // namespace regard::tasks
