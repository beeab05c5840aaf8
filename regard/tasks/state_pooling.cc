#include "regard/tasks/state_pooling.h"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/models/sequence_ends.h"

namespace regard::tasks {

// Weighted sums over the rows of a sequence are a product with a matrix [B,N] of the weights, whose gradient
// is that of any product.
Var pooled_states(const Var& hidden, const Layout& layout, Pooling pooling) {
  assert(pooling != Pooling::max);
  if (pooling == Pooling::first) return models::first_tokens(hidden, layout);
  if (pooling == Pooling::last) return models::last_tokens(hidden, layout);
  const auto N = static_cast<std::size_t>(hidden.size(0));
  std::vector<double> weights(static_cast<std::size_t>(layout.batch()) * N, 0);
  std::size_t row = 0;
  for (const Sequence& s : layout.sequences()) {
    const auto length = static_cast<double>(s.length);
    for (std::int64_t t = 0; t < s.length; ++t) {
      const double weight = pooling == Pooling::mean ? 1 / length
                            : pooling == Pooling::mean_sqrt_length
                                ? 1 / std::sqrt(length)
                                : static_cast<double>(t + 1) * 2 / (length * (length + 1));
      weights[row * N + static_cast<std::size_t>(s.begin + t)] = weight;
    }
    ++row;
  }
  const Tensor matrix = Tensor::from<double>({layout.batch(), hidden.size(0)}, weights);
  return linear(hidden.step().constant(matrix), {hidden, Var(), WeightLayout::in_out});
}

std::vector<std::string> trained_poolings() {
  std::vector<std::string> names;
  for (const Pooling p :
       {Pooling::mean, Pooling::first, Pooling::last, Pooling::mean_sqrt_length, Pooling::weighted_mean})
    names.emplace_back(pooling_name(p));
  return names;
}

void require_trained_pooling(const EmbeddingForm& form, const std::filesystem::path& init) {
  if (form.pooling.size() == 1 && form.pooling.front() != Pooling::max) return;
  throw InputError(
      fmt::format("{}: found a pooling that is not trained, expected one of {} (--set pooling=...)",
                  init.string(), fmt::join(trained_poolings(), ", ")));
}

}  // namespace regard::tasks
