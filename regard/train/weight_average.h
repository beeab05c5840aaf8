#pragma once

#include <vector>

#include "regard/kernels/context.h"
#include "regard/nn/parameters.h"
#include "regard/tensor/safetensors.h"

namespace regard::train {

// The exponential moving average of a model's weights. After update n it moves by 1 - min(decay, (1 + n) /
// (10 + n)) towards the weights, so that it leaves the initial ones soon (as TensorFlow and Marian do).
class WeightAverage {
 public:
  WeightAverage(nn::Parameters& parameters, double decay);  // 0: there is none
  bool on() const { return decay_ > 0; }

  void update(const kernels::Context& context, std::int64_t updates);  // updates: made so far, from 1

  // While it lives the model's parameters are the average. Nothing happens where there is none.
  class InUse {
   public:
    explicit InUse(WeightAverage& average) : average_(average) { average_.exchange(); }
    ~InUse() { average_.exchange(); }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    WeightAverage& average_;
  };

  // The weights that are trained ("weight." before the name), for a checkpoint whose model is the average.
  std::vector<NamedTensor> weights() const;
  // Takes the model's parameters for the average and the stored weights for the parameters.
  void load(const Weights& stored);

  bool finite(const kernels::Context& context) const;

 private:
  struct Slot {
    Parameter* parameter;
    Tensor average;  // while in use: the weights
  };
  void exchange();

  double decay_;
  std::vector<Slot> slots_;
};

}  // namespace regard::train
