#pragma once

#include <functional>
#include <optional>
#include <string>

#include "regard/tensor/tensor.h"

namespace regard {

class Step;
class Var;

// Sees values of a forward pass by name ("encoder.block.3.attention.weights") and may put others in their
// place. Explaining, ablation and debugging use it; without one nothing is computed and names are not even
// composed.
class Probe {
 public:
  virtual ~Probe() = default;
  // Whether a value of that name is asked for; values that cost something are made only then.
  virtual bool wants(const std::string& name) = 0;
  // A value asked for. What is returned replaces it (same shape and type) in the rest of the pass.
  virtual std::optional<Tensor> see(const std::string& name, const Tensor& value) = 0;
};

// A probe of two functions.
class FunctionProbe final : public Probe {
 public:
  using Reader = std::function<void(const std::string& name, const Tensor& value)>;
  FunctionProbe(std::function<bool(const std::string& name)> filter, Reader reader)
      : filter_(std::move(filter)), reader_(std::move(reader)) {}
  bool wants(const std::string& name) override { return filter_(name); }
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override {
    reader_(name, value);
    return std::nullopt;
  }

 private:
  std::function<bool(const std::string&)> filter_;
  Reader reader_;
};

// Offers `x` under the step's scopes and `name` and gives it back, or its replacement (which has no gradient
// to x).
Var at(const char* name, const Var& x);

// What a lazily made value goes through: the full name where a probe asks for it, else nothing.
std::optional<std::string> probed(const Step& step, const char* name);

}  // namespace regard
