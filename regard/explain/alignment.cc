#include "regard/explain/alignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "regard/autograd/probe.h"
#include "regard/base/error.h"
#include "regard/decode/coverage.h"

namespace regard::explain {
namespace {

std::vector<std::int64_t> heads_of(const AlignmentChoice& choice, std::int64_t count) {
  std::vector<std::int64_t> heads = choice.heads;
  if (heads.empty()) {
    heads.resize(static_cast<std::size_t>(count));
    std::iota(heads.begin(), heads.end(), std::int64_t{0});
  }
  for (const std::int64_t h : heads)
    if (h < 0 || h >= count)
      throw UsageError(
          fmt::format("alignment by head {}: the decoder's layers have heads 0 to {}", h, count - 1));
  return heads;
}

// The cross-attention [H,N,S] of one layer in one pass over all pairs.
Tensor weights_of(const models::SequenceToSequence& model, const StepOptions& options,
                  const std::vector<AlignmentPair>& pairs, std::int64_t layer) {
  const std::string wanted = fmt::format("decoder.block.{}.cross.attention.weights", layer);
  Tensor weights;
  FunctionProbe probe([&](const std::string& name) { return name == wanted; },
                      [&](const std::string&, const Tensor& value) { weights = value; });
  StepOptions probing = options;
  probing.probe = &probe;
  Step step(probing);
  std::vector<std::vector<std::int32_t>> sources, inputs;
  for (const AlignmentPair& pair : pairs) {
    sources.push_back(pair.source);
    inputs.push_back(pair.inputs);
  }
  const models::Memory memory = model.encode(step, TokenBatch::of(sources));
  model.decode(memory, TokenBatch::of(inputs));
  if (!weights) throw UsageError(fmt::format("alignment by layer {}: the decoder has no such layer", layer));
  return weights;
}

}  // namespace

std::vector<std::int64_t> SoftAlignment::best() const {
  std::vector<std::int64_t> found;
  for (std::size_t t = 0; t < targets; ++t) {
    const auto row = weights.begin() + static_cast<std::ptrdiff_t>(t * sources);
    found.push_back(std::max_element(row, row + static_cast<std::ptrdiff_t>(sources)) - row);
  }
  return found;
}

std::vector<SoftAlignment> align(const models::SequenceToSequence& model, const StepOptions& options,
                                 const std::vector<AlignmentPair>& pairs, const AlignmentChoice& choice) {
  if (pairs.empty()) return {};
  const Tensor weights =
      weights_of(model, options, pairs, choice.layer.value_or(decode::usual_alignment_layer(model)));
  const std::vector<std::int64_t> heads = heads_of(choice, weights.size(0));
  const std::vector<double> all = weights.to_doubles();
  const auto rows = static_cast<std::size_t>(weights.size(1)),
             width = static_cast<std::size_t>(weights.size(2));
  std::vector<SoftAlignment> found;
  std::size_t row = 0;
  for (const AlignmentPair& pair : pairs) {
    SoftAlignment a{{}, pair.inputs.size(), pair.source.size()};
    for (std::size_t t = 0; t < a.targets; ++t, ++row)
      for (std::size_t s = 0; s < a.sources; ++s) {
        double sum = 0;
        for (const std::int64_t h : heads) sum += all[(static_cast<std::size_t>(h) * rows + row) * width + s];
        a.weights.push_back(sum / static_cast<double>(heads.size()));
      }
    found.push_back(std::move(a));
  }
  return found;
}

}  // namespace regard::explain
