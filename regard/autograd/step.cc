#include "regard/autograd/step.h"

#include <cassert>

#include "regard/autograd/probe.h"
#include "regard/autograd/var.h"

namespace regard {

using kernels::WeightFormat;

Step::Step(const StepOptions& options) : options_(options) {
  assert(options.threads != nullptr);
  kernels_.threads = options.threads;
  kernels_.level = options.compute == DType::f64 ? kernels::Level::reference : options.level;
}

Var Step::use(const Parameter& parameter) {
  const bool tracked = tape() != nullptr && parameter.role() == Parameter::Role::trained &&
                       (probe() == nullptr || probe()->differentiates_parameters());
  const bool native = parameter.value().dtype() == compute();
  Var v(*this, native ? parameter.value() : parameter.numbers().to(compute()),
        tracked ? tape()->leaf(parameter) : -1);
  if (native) v.set_parameter(parameter);  // its arranged forms are of this type
  return v;
}

Var Step::use_in_product(const Parameter& parameter) {
  const bool whole = parameter.quantized() && compute() == DType::f32 && tape() == nullptr &&
                     options_.weights.value_or(WeightFormat::int8) == WeightFormat::int8;
  if (!whole) return use(parameter);
  Var v(*this, parameter.value(), -1);
  v.set_parameter(parameter);
  return v;
}

kernels::WeightFormat Step::weight_format() const {
  const WeightFormat wanted = options_.weights.value_or(WeightFormat::as_computed);
  if (compute() != DType::f32 || (wanted == WeightFormat::int8 && tape() != nullptr))
    return WeightFormat::as_computed;
  return wanted;
}

Var Step::constant(Tensor value) {
  if (is_floating(value.dtype())) value = value.to(compute());
  return Var(*this, std::move(value), -1);
}

Var Step::input(Tensor value) { return Var(*this, value.to(compute()), tape() ? tape()->leaf() : -1); }

std::string Step::scoped(const char* name) const {
  std::string full;
  for (const Level& level : scopes_) {
    full += level.name;
    full += '.';
    if (level.index != Scope::no_index) full += std::to_string(level.index) + '.';
  }
  return full + name;
}

}  // namespace regard
