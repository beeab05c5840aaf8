#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/base/json.h"

namespace regard::models {

// Models whose weights are kept in 8 bits, as the library compressed-tensors keeps them and transformers
// reads them: `quantization_config` in config.json, and for each quantized linear layer, in place of its
// weight, NAME.weight i8 [out,in] and NAME.weight_scale [out,1], or [1] for one scale of them all. A value is
// number times scale.

struct Quantization {
  // dynamic: a row that meets such a weight is rounded to 8 bits too, by its own largest magnitude. none:
  // only weights are, so they are read as what they stand for.
  enum class Rows : std::uint8_t { dynamic, none } rows = Rows::dynamic;
};

// What `quantization_config` of a config.json says; nothing where there is none. InputError where it is of
// another method or kind than the above (found, expected).
std::optional<Quantization> read_quantization(const JsonField& config);

// What to write there: the weights of these modules in int8 by channel, rows dynamic. `modules` are names in
// blocks; they become patterns over all blocks.
Json quantization_config(const std::vector<std::string>& modules);

// Whether a name is inside of a numbered block ("model.layers.3.fc1"); embeddings and heads are not.
bool in_block(std::string_view name);

}  // namespace regard::models
