#include "regard/tasks/dense_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/tensor/safetensors.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;
using kernels::Activation;
using Residual = DenseModule::Residual;

struct NamedClass {
  std::string_view name;
  Activation activation;
};
constexpr std::array<NamedClass, 5> classes{{{"torch.nn.modules.activation.Tanh", Activation::tanh},
                                             {"torch.nn.modules.linear.Identity", Activation::none},
                                             {"torch.nn.modules.activation.ReLU", Activation::relu},
                                             {"torch.nn.modules.activation.GELU", Activation::gelu},
                                             {"torch.nn.modules.activation.SiLU", Activation::silu}}};

// The class is imported from the module's own place or from one that offers it: torch.nn.Tanh.
std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

Activation activation_of(const JsonField& config) {
  if (!config.has("activation_function")) return Activation::tanh;
  const JsonField field = config.at("activation_function");
  const std::string& name = field.text();
  for (const NamedClass& known : classes)
    if (name.starts_with("torch.nn.") && last_part(name) == last_part(known.name)) return known.activation;
  field.refuse("Tanh, Identity, ReLU, GELU or SiLU of torch.nn");
}

void check_place(const JsonField& config, std::string_view key) {
  if (config.has(key)) config.at(key).one_of({"sentence_embedding"});
}

}  // namespace

DenseModule read_dense(const fs::path& folder) {
  const fs::path file = folder / "config.json";
  const Json json = read_json(file);
  const JsonField config(json, file.string());
  const std::int64_t in = config.at("in_features").positive(), out = config.at("out_features").positive();
  check_place(config, "module_input_name");
  check_place(config, "module_output_name");
  DenseModule module{.file = file};
  module.activation = activation_of(config);
  const Weights weights = Weights::open(folder);
  const auto tensor = [&](const char* name, const Shape& shape) {
    return weights.tensor(name, shape).to(DType::f32);
  };
  module.weight = tensor("linear.weight", {out, in});
  if (config.boolean_or("bias", true)) module.bias = tensor("linear.bias", {out});
  if (!config.boolean_or("use_residual", false)) return module;
  module.residual = in == out ? Residual::plain : Residual::projected;
  if (module.residual == Residual::projected) module.residual_weight = tensor("residual.weight", {out, in});
  return module;
}

void write_dense(const DenseModule& module, const fs::path& folder) {
  const auto known = std::find_if(classes.begin(), classes.end(),
                                  [&](const NamedClass& row) { return row.activation == module.activation; });
  Json config{{"in_features", module.in()},
              {"out_features", module.out()},
              {"bias", static_cast<bool>(module.bias)},
              {"activation_function", known->name}};
  if (module.residual != Residual::none) config["use_residual"] = true;
  std::vector<NamedTensor> tensors{{"linear.weight", module.weight}};
  if (module.bias) tensors.push_back({"linear.bias", module.bias});
  if (module.residual_weight) tensors.push_back({"residual.weight", module.residual_weight});
  fs::create_directories(folder);
  write_atomically(folder / "config.json", to_pretty(config));
  write_safetensors(folder / "model.safetensors", tensors);
}

Var apply(const DenseModule& module, const Var& x) {
  if (x.size(1) != module.in())
    throw InputError(fmt::format("{}: found in_features {}, expected {} as what goes into it",
                                 module.file.string(), module.in(), x.size(1)));
  Step& step = x.step();
  const Var bias = module.bias ? step.constant(module.bias) : Var();
  const Var y = linear(x, {step.constant(module.weight), bias}, module.activation);
  if (module.residual == Residual::none) return y;
  const bool plain = module.residual == Residual::plain;
  return add(y, plain ? x : linear(x, {step.constant(module.residual_weight), Var()}));
}

}  // namespace regard::tasks
