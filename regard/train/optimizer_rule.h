#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/kernels/context.h"
#include "regard/tensor/view.h"

// How an optimizer moves one parameter: a row of a table, whose functions stand in a file of their own
// (optimizer_adam.cc, ...). A new rule is such a file, its declaration below and its rows in
// optimizer_rule.cc.

namespace regard::train {

// What the rules are told; each takes what it knows.
struct RuleOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  // adam, adamw; lion: the betas
  double momentum = 0;                                // sgd
};

// A tensor that a rule keeps for a parameter, and stores as "<name>.<parameter's name>". Begins as zeros.
struct RuleTensor {
  const char* name;
  Shape shape;
};

constexpr std::size_t most_rule_tensors = 2;

// One update of one parameter.
struct RuleUpdate {
  ConstView gradient;
  View weight;
  std::array<View, most_rule_tensors> state;  // in the order of `tensors`
  double learning_rate = 0, weight_decay = 0;
  double scale = 1;       // multiplies the gradient first
  std::int64_t step = 1;  // counted from 1
};

struct OptimizerRule {
  const char* name;  // the value of `optim`
  std::vector<RuleTensor> (*tensors)(const RuleOptions& options, const Shape& parameter);
  void (*update)(const kernels::Context& context, const RuleOptions& options, const RuleUpdate& update);
};

std::span<const OptimizerRule> optimizer_rules();
std::vector<std::string> optimizer_names();
const OptimizerRule& optimizer_rule(std::string_view name);  // one of optimizer_names()

extern const OptimizerRule adam_rule, adamw_rule, sgd_rule, adafactor_rule, lion_rule;

}  // namespace regard::train
