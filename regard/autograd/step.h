#pragma once

#include <optional>
#include <string>
#include <vector>

#include "regard/autograd/tape.h"
#include "regard/base/random.h"
#include "regard/kernels/context.h"
#include "regard/kernels/weight_format.h"
#include "regard/tensor/tensor.h"

namespace regard {

class Probe;
class Var;

enum class Mode : std::uint8_t { evaluate, train };  // train: dropout acts

// Whether a tape keeps what is inside a block of a model, or computes it a second time for the gradient
// (autograd/checkpointed.h).
enum class BlockMemory : std::uint8_t { kept, recomputed };

struct StepOptions {
  const ThreadPool* threads = nullptr;  // required; outlives the step
  kernels::Level level = kernels::best_level();
  Tape* tape = nullptr;  // none: nothing is kept for a gradient
  Mode mode = Mode::evaluate;
  RandomKey random = {};       // of this step alone: fold the run's key with the step's number
  DType compute = DType::f32;  // f32 or f64; f64 runs the reference kernels
  // In which format weights enter products (with compute f32). Nothing: as the model has them, int8 where its
  // file holds them so, else f32. int8 has no gradient: weights stay f32 where there is a tape.
  std::optional<kernels::WeightFormat> weights = {};
  Probe* probe = nullptr;
  BlockMemory blocks = BlockMemory::kept;
};

// All that a forward pass (and its gradient) needs beside its inputs. It travels inside Var, so functions on
// Vars take no context parameter and the library has no globals. Lives on the caller's stack for one pass;
// one thread uses it.
class Step {
 public:
  explicit Step(const StepOptions& options);
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  Var use(const Parameter& parameter);  // its value in the compute type, tracked where there is a tape
  // The same for the weight of a product: one that is kept as i8 stays so where nothing else is asked for.
  Var use_in_product(const Parameter& parameter);
  Var constant(Tensor value);  // not tracked; floating values are converted to the compute type
  Var input(Tensor value);     // tracked: its gradient can be asked of the tape

  const kernels::Context& kernels() const { return kernels_; }
  Tape* tape() const { return options_.tape; }
  Mode mode() const { return options_.mode; }
  DType compute() const { return options_.compute; }
  kernels::WeightFormat weight_format() const;  // that of weights kept in f32
  std::optional<kernels::WeightFormat> weights() const { return options_.weights; }
  BlockMemory blocks() const { return options_.blocks; }
  Probe* probe() const { return options_.probe; }

  // A key no other call of this step gets; calls are numbered in program order, which is the same in every
  // run.
  RandomKey draw() { return options_.random.fold(calls_++); }
  std::uint64_t draws() const { return calls_; }
  void set_draws(std::uint64_t calls) { calls_ = calls; }  // to draw the same once more

  std::string scoped(const char* name) const;  // "encoder.block.3." + name

 private:
  friend class Scope;
  struct Level {
    const char* name;
    int index;
  };
  StepOptions options_;
  kernels::Context kernels_;
  std::uint64_t calls_ = 0;
  std::vector<Level> scopes_;
};

// Names what is computed while it lives: Scope scope(step, "block", 3). The name must outlive it (a literal).
class Scope {
 public:
  static constexpr int no_index = -1;
  Scope(Step& step, const char* name, int index = no_index) : step_(step) {
    step.scopes_.push_back({name, index});
  }
  ~Scope() { step_.scopes_.pop_back(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Step& step_;
};

}  // namespace regard
