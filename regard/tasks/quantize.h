#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "regard/kernels/context.h"

namespace regard::tasks {

struct QuantizeResult {
  std::vector<std::string> quantized, others;  // names of weights
  std::uint64_t bytes_before = 0, bytes = 0;   // of the files of weights
};

// Writes the model in `from` into the folder `to` with the weights of its blocks' linear layers in 8 bits
// (models/quantization.h), with its tokenizer and what else stands beside the weights. InputError where the
// model has no such layers or is quantized already; UsageError where `to` holds a model.
QuantizeResult quantize(const std::filesystem::path& from, const std::filesystem::path& to,
                        const kernels::Context& context);

}  // namespace regard::tasks
