#include "regard/train/optimizer_rule.h"

#include <cassert>

namespace regard::train {
namespace {

OptimizerRule called(const char* name, OptimizerRule rule) {
  rule.name = name;
  return rule;
}

}  // namespace

// The names are those of `optim` in Hugging Face's TrainingArguments.
std::span<const OptimizerRule> optimizer_rules() {
  static const std::array<OptimizerRule, 7> rules{
      adamw_rule, called("adamw_torch", adamw_rule), adam_rule, sgd_rule, adafactor_rule,
      lion_rule,  called("lion_32bit", lion_rule)};
  return rules;
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerRule& rule : optimizer_rules()) names.emplace_back(rule.name);
  return names;
}

const OptimizerRule& optimizer_rule(std::string_view name) {
  for (const OptimizerRule& rule : optimizer_rules())
    if (name == rule.name) return rule;
  assert(false);
  return adamw_rule;
}

}  // namespace regard::train
