#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/models/text_encoder.h"

// Which part of a text encoder a parameter belongs to, told by its name, for all families alike.

namespace regard::tasks {

// How deep a parameter lies: of the embeddings 0, of layer i (from 0) i + 1, of pooler and head head_depth.
// Layers that share weights count as the first that has them.
constexpr std::int64_t head_depth = std::numeric_limits<std::int64_t>::max();
std::int64_t depth_of(const models::TextEncoder& model, const std::string& parameter);

// "embeddings", "layers:4" (the first four, and the embeddings below them) or "encoder" (all but the head):
// parameters of at most this depth are not trained. Nothing where the text is empty; UsageError for another.
struct Frozen {
  std::int64_t depth = 0;
  bool holds(std::int64_t of) const { return of <= depth; }
};
std::optional<Frozen> parse_freeze(const std::string& text);

// Groups for `param_groups`: what is frozen is not trained, and each layer above learns at `decay` times the
// rate of the layer above it, the last one at that of the head.
struct LayerRates {
  std::optional<Frozen> frozen;
  double decay = 1;
};
std::vector<Json> layer_groups(const models::TextEncoder& model, const LayerRates& rates);

}  // namespace regard::tasks
