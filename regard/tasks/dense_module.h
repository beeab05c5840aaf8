#pragma once

#include <filesystem>

#include "regard/autograd/var.h"
#include "regard/kernels/activation.h"
#include "regard/tensor/tensor.h"

namespace regard::tasks {

// A module of sentence-transformers that makes another vector of a text's: act(W x + b), to which x, or R x
// where the widths differ, is added where the module has a residual connection.
struct DenseModule {
  std::filesystem::path file;  // its config.json, for errors
  Tensor weight, bias;         // f32 [out,in] and [out]; the latter may be absent
  kernels::Activation activation = kernels::Activation::tanh;
  enum class Residual : std::uint8_t { none, plain, projected } residual = Residual::none;
  Tensor residual_weight;  // f32 [out,in], where it is projected

  std::int64_t in() const { return weight.size(1); }
  std::int64_t out() const { return weight.size(0); }
};

// From a module's folder: config.json and model.safetensors. InputError names file and key or tensor where
// one is missing, damaged or not supported.
DenseModule read_dense(const std::filesystem::path& folder);
// The same files; makes the folder.
void write_dense(const DenseModule& module, const std::filesystem::path& folder);

// [B,in] -> [B,out]; gradients go through to x. InputError where x has another width.
Var apply(const DenseModule& module, const Var& x);

}  // namespace regard::tasks
