#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/models/model.h"
#include "regard/tasks/forward.h"
#include "regard/tensor/token_batch.h"

// What the passes of all kinds of models are made of: padded inputs as transformers has them, and padded
// results.

namespace regard::tasks {

// Whole numbers [B,T], row by row.
struct Table {
  std::int64_t rows = 0, columns = 0;
  std::vector<std::int64_t> values;
  std::int64_t at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
};

// The input of that name; nothing where it is absent. InputError where it is no table of whole numbers.
std::optional<Table> table(const NamedTensors& inputs, const std::string& name);

struct Expected {
  std::int64_t rows = 0, columns = 0, most_columns = 0;
};
// InputError where it has other sizes, or more columns than the model has positions.
void check_shape(const Table& t, const Expected& expected, const char* name);

// InputError: an input that this kind of model does not know.
void check_names(const NamedTensors& inputs, const std::vector<std::string>& known);

// How many tokens of each row are real, by a mask that must be ones and then zeros; without one all are.
std::vector<std::int64_t> lengths(const std::optional<Table>& mask, const Table& ids,
                                  const std::string& name);

// Those tokens. InputError where an id is not below `vocabulary`.
TokenBatch batch_of(const Table& ids, const std::vector<std::int64_t>& lengths, const std::string& name,
                    std::int64_t vocabulary);

// Labels of the real tokens: i32 [N], negative where not counted.
Tensor targets_of(const Table& labels, const TokenBatch& inputs, std::int64_t vocabulary);

// [N,...] -> [B,T,...], zeros where there is no token.
Tensor padded(const Tensor& x, const Layout& layout, std::int64_t columns);

struct Sides {
  Layout queries;
  std::int64_t query_columns = 0, key_columns = 0;
};
// Attention weights [H,N,S'] -> [B,H,T,S]; S' is the most keys that a sequence has.
Tensor padded_weights(const Tensor& x, const Sides& sides);

// The parameters of those names. UsageError where there is none.
std::vector<const Parameter*> parameters_of(const models::Model& model,
                                            const std::vector<std::string>& names);
// gradient.NAME for each of them, of `loss`, a sum divided already.
void add_gradients(std::vector<NamedTensor>& results, const std::vector<const Parameter*>& wanted,
                   const Var& loss, Tape& tape);

// The states after the last block have the number that follows the last block's: PREFIX.0, PREFIX.1, ...
void add_last_hidden(std::vector<NamedTensor>& results, const std::string& prefix, const Tensor& states);

}  // namespace regard::tasks
