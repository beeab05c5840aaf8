#include "regard/models/low_rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/suggest.h"
#include "regard/models/adapter.h"
#include "regard/models/family.h"
#include "regard/models/quantization.h"

namespace regard::models {
namespace {

constexpr std::string_view weight_ending = ".weight", all_linear = "all-linear";

// What the projections of queries and values are called in one family or another, and those that hold both.
constexpr std::array usual{"query",      "value",   "q_proj",          "v_proj",  "q",
                           "v",          "q_lin",   "v_lin",           "c_attn",  "query_proj",
                           "value_proj", "in_proj", "query_key_value", "qkv_proj"};

std::string module_of(const Parameter& weight) {
  std::string name = weight.name();
  if (name.ends_with(weight_ending)) name.resize(name.size() - weight_ending.size());
  return name;
}

std::string last_part(const std::string& module) { return module.substr(module.rfind('.') + 1); }

// As PEFT compares them.
bool is_called(const std::string& module, std::string_view target) {
  return module == target || module.ends_with("." + std::string(target));
}

struct Choice {
  std::vector<const nn::Product*> products;
  std::set<std::string> names;  // the last parts of all that could be chosen
};

Choice chosen(const Model& model, const LowRankPlan& plan) {
  Choice choice;
  std::vector<std::string> targets = plan.options.targets;
  if (targets.empty()) targets.assign(usual.begin(), usual.end());
  std::vector<bool> met(targets.size(), false);
  for (const nn::Product* p : model.parameters().products()) {
    if (plan.whole && plan.whole(p->weight->name())) continue;
    const std::string module = module_of(*p->weight);
    choice.names.insert(last_part(module));
    bool fits = false;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!(targets[i] == all_linear ? in_block(module) : is_called(module, targets[i]))) continue;
      fits = met[i] = true;
    }
    if (fits) choice.products.push_back(p);
  }
  const std::vector<std::string> known(choice.names.begin(), choice.names.end());
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (!met[i] && (!plan.options.targets.empty() || choice.products.empty()))
      throw UsageError(
          fmt::format("lora_target_modules: found \"{}\", expected {}, or names of linear layers that end in "
                      "{}{}",
                      plan.options.targets.empty() ? "" : targets[i], all_linear, fmt::join(known, ", "),
                      did_you_mean(targets[i], known)));
  return choice;
}

// As torch.nn.Linear begins, which PEFT keeps: uniform in +-1/sqrt(in).
Tensor drawn(const Shape& shape, RandomKey key) {
  RandomStream random(key);
  const double bound = 1 / std::sqrt(static_cast<double>(shape[1]));
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (double& v : values) v = bound * (2 * random.uniform() - 1);
  return Tensor::from<double>(shape, values).to(DType::f32);
}

}  // namespace

LowRankAdapter::LowRankAdapter(Model& model, LowRankPlan plan) : model_(model), plan_(std::move(plan)) {
  const LowRankOptions& how = plan_.options;
  nn::Parameters& parameters = model.parameters();
  const Choice choice = chosen(model, plan_);
  transposed_ = choice.products.front()->layout == WeightLayout::in_out;
  for (Parameter* p : parameters.all()) {
    if (plan_.whole && plan_.whole(p->name()) && p->role() == Parameter::Role::trained)
      whole_.push_back(p->name());
    else
      p->freeze();
  }
  const auto r = static_cast<double>(how.rank);
  const double scale = how.alpha / (how.rank_stabilized ? std::sqrt(r) : r);
  for (const nn::Product* product : choice.products) {
    if ((product->layout == WeightLayout::in_out) != transposed_)
      throw UsageError(
          "lora_target_modules: found layers that are stored [in,out] and others, [out,in], "
          "expected one kind");
    const RandomKey key = plan_.key.fold(corrected_.size());
    parameters.correct(*product, {drawn({how.rank, product->in()}, key),
                                  Tensor::zeros({product->out(), how.rank}, DType::f32), scale, how.dropout});
    corrected_.push_back(module_of(*product->weight));
  }
}

std::vector<std::string> LowRankAdapter::target_names() const {
  const std::set<std::string> corrected(corrected_.begin(), corrected_.end());
  std::set<std::string> names;
  for (const std::string& module : corrected_) {
    const std::string part = last_part(module);
    bool alone = true;  // no other weight's module is called so
    for (const Parameter* p : model_.parameters().all())
      alone = alone && (corrected.contains(module_of(*p)) || !p->name().ends_with(weight_ending) ||
                        !is_called(module_of(*p), part));
    names.insert(alone ? part : module);
  }
  return {names.begin(), names.end()};
}

// The modules of the model's class that hold them: "classifier", and "pooler" of the base model.
std::vector<std::string> LowRankAdapter::whole_modules() const {
  const std::string_view prefix = family_of(JsonField(model_.config(), "config.json")).prefix;
  std::set<std::string> modules;
  for (std::string name : whole_) {
    if (name.starts_with(prefix)) name = name.substr(prefix.size());
    modules.insert(name.substr(0, name.find('.')));
  }
  return {modules.begin(), modules.end()};
}

void LowRankAdapter::save(const std::filesystem::path& directory) const {
  const LowRankOptions& how = plan_.options;
  Json config{{"peft_type", "LORA"},
              {"base_model_name_or_path", std::filesystem::absolute(plan_.base).lexically_normal().string()},
              {"r", how.rank},
              {"lora_alpha", how.alpha},
              {"lora_dropout", how.dropout},
              {"use_rslora", how.rank_stabilized},
              {"target_modules", target_names()},
              {"fan_in_fan_out", transposed_},
              {"bias", "none"},
              {"inference_mode", true},
              {"init_lora_weights", true}};
  config["task_type"] = plan_.task_type.empty() ? Json() : Json(plan_.task_type);
  config["modules_to_save"] = whole_.empty() ? Json() : Json(whole_modules());
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name) {
    tensors.push_back({std::string(adapter_prefix) + name, model_.parameters().find(name)->value()});
  };
  for (const std::string& module : corrected_)
    for (const char* factor : {".lora_A.weight", ".lora_B.weight"}) add(module + factor);
  for (const std::string& name : whole_) add(name);
  std::filesystem::create_directories(directory);
  write_atomically(directory / "config.json", to_pretty(model_.config()));
  write_atomically(directory / adapter_config_file, to_pretty(config));
  write_safetensors(directory / adapter_weights_file, tensors);
}

}  // namespace regard::models
