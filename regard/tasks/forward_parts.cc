#include "regard/tasks/forward_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/tape.h"
#include "regard/autograd/var.h"
#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard::tasks {
namespace {

// Copies elements between the ragged and the padded form: `each(ragged row, batch row, column)`.
template <class F>
void for_each_row(const Layout& layout, F&& each) {
  std::int64_t b = 0;
  for (const Sequence& s : layout.sequences()) {
    for (std::int64_t i = 0; i < s.length; ++i) each(s.begin + i, b, i);
    ++b;
  }
}

}  // namespace

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

void check_names(const NamedTensors& inputs, const std::vector<std::string>& known) {
  for (const auto& [name, value] : inputs)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw InputError(fmt::format("no input '{}'{}", name, did_you_mean(name, known)));
}

void check_shape(const Table& t, const Expected& expected, const char* name) {
  if (t.rows != expected.rows || t.columns != expected.columns)
    throw InputError(fmt::format("{}: found [{}, {}], expected [{}, {}]", name, t.rows, t.columns,
                                 expected.rows, expected.columns));
  if (t.columns > expected.most_columns)
    throw InputError(
        fmt::format("{}: found {} positions, expected at most {}", name, t.columns, expected.most_columns));
}

std::vector<const Parameter*> parameters_of(const models::Model& model,
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

void add_gradients(std::vector<NamedTensor>& results, const std::vector<const Parameter*>& wanted,
                   const Var& loss, Tape& tape) {
  if (wanted.empty()) return;
  tape.backward(loss);
  for (const Parameter* p : wanted) {
    const Tensor& gradient = tape.gradient(*p);
    results.push_back(
        {"gradient." + p->name(), gradient ? gradient : Tensor::zeros(p->shape(), loss.dtype())});
  }
}

void add_last_hidden(std::vector<NamedTensor>& results, const std::string& prefix, const Tensor& states) {
  const auto blocks = std::count_if(results.begin(), results.end(),
                                    [&](const NamedTensor& t) { return t.name.starts_with(prefix + "."); });
  results.push_back({fmt::format("{}.{}", prefix, blocks), states});
}

}  // namespace regard::tasks
