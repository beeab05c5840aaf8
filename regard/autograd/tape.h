#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "regard/autograd/parameter.h"
#include "regard/kernels/context.h"
#include "regard/tensor/tensor.h"

namespace regard {

class Tape;
class Var;

// What an operation's gradient function sees of its inputs: it asks which want a gradient, and gives it.
class InputGradients {
 public:
  InputGradients(Tape& tape, std::span<const int> ids, const kernels::Context& context)
      : context(context), tape_(tape), ids_(ids) {}
  bool wants(std::size_t input) const { return ids_[input] >= 0; }
  void add(std::size_t input, Tensor gradient);  // nothing happens where it is not wanted
  // The gradient so far (zeros at first) for kernels that add to it; only where it is wanted.
  Tensor& accumulator(std::size_t input, const Tensor& like);

  const kernels::Context& context;  // to run the gradient's kernels with

 private:
  Tape& tape_;
  std::span<const int> ids_;
};

// Called with the gradients of an operation's outputs; those of outputs that nothing used are empty.
using BackwardFunction = std::function<void(std::span<const Tensor> dy, InputGradients& inputs)>;

// The operations of one forward pass, in order, each with its gradient function: reverse-mode
// differentiation. A tape is used for one backward pass; closures and intermediate gradients are freed as it
// goes.
class Tape {
 public:
  int leaf(
      const Parameter& parameter);  // the same number for every use of it: its gradient is the sum over uses
  int leaf();                       // a value to differentiate by that is no parameter
  int record(std::vector<int> inputs, int outputs, BackwardFunction backward);  // the first output's number

  // d loss / d everything, for a scalar loss recorded here.
  void backward(const Var& loss);

  // While it lives operations are counted but not kept: what they give has a number that stands for nothing.
  // replay() makes up for it.
  class Pause {
   public:
    explicit Pause(Tape& tape) : tape_(tape) { ++tape_.pauses_; }
    ~Pause() { --tape_.pauses_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Tape& tape_;
  };
  bool paused() const { return pauses_ > 0; }
  bool replaying() const { return replayed_from_ != not_kept; }
  // During backward(): records what `f` computes, the same operations as while the tape was paused, gives
  // their result the gradient `dy`, and goes back through them at once.
  void replay(const std::function<Var()>& f, const Tensor& dy, const kernels::Context& context);

  // Called when a parameter's gradient is complete, while the rest of the pass still runs (for overlapping
  // communication with computation).
  std::function<void(const Parameter&, const Tensor&)> on_gradient;

  const Tensor& gradient(const Parameter& parameter) const;  // empty when nothing depends on it
  const Tensor& gradient(const Var& leaf) const;

 private:
  friend class InputGradients;
  struct Entry {
    std::vector<int> inputs;
    int first_output = 0, outputs = 1;
    BackwardFunction backward;
  };
  static constexpr int not_kept = 1 << 30;  // and the number after it: results while paused
  void finish_use(int id);
  void go_back_to(std::size_t entries, const kernels::Context& context);

  std::vector<Entry> entries_;
  int pauses_ = 0;
  int replayed_from_ = not_kept;   // values with lower numbers had their uses counted before
  std::vector<Tensor> gradients_;  // by number
  std::vector<int> pending_;       // by number: uses whose gradient has not come yet
  std::unordered_map<const Parameter*, int> leaf_of_;
  std::unordered_map<int, const Parameter*> parameter_of_;
};

}  // namespace regard
