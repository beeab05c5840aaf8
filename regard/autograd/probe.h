#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "regard/tensor/tensor.h"

namespace regard {

class Step;
class Var;

// Heads and rows of a value, from 0; empty: all of them.
struct ProbedPart {
  std::vector<std::int64_t> heads, rows;
  bool whole() const { return heads.empty() && rows.empty(); }
};

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
  // Which part of attention weights is asked for: those are computed for the probe alone, and only this part.
  // A part [heads,rows,S] is seen as it is and cannot be replaced.
  virtual ProbedPart part(const std::string& name);
  // A value asked for as a link of the pass: what is returned goes on in its place. By default that is what
  // see() says, which has no gradient to x.
  virtual Var pass(const std::string& name, const Var& x);
  // Whether a tape, where there is one, differentiates by the parameters too. Without, only by the values
  // that the probe itself makes leaves of.
  virtual bool differentiates_parameters() const { return true; }
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

// Offers `x` under the step's scopes and `name` and gives it back, or what the probe puts in its place.
Var at(const char* name, const Var& x);

// What a lazily made value goes through: the full name where a probe asks for it, else nothing.
std::optional<std::string> probed(const Step& step, const char* name);

// Lets the step's probe see a value that it cannot replace.
void show(const Step& step, const std::string& name, const Var& value);
// The same of what `make` gives. What it draws (for dropout) the rest of the pass draws all the same.
void show_made(Step& step, const std::string& name, const std::function<Var()>& make);
// Offers what `make` gives, which is made only where a probe asks for it; it cannot be replaced.
template <class Make>
void offer(const char* name, Step& step, const Make& make) {
  if (const auto full = probed(step, name)) show_made(step, *full, make);
}

}  // namespace regard
