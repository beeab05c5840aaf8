#include "regard/tasks/adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/checkpoint.h"
#include "regard/models/family.h"
#include "regard/models/new_head.h"
#include "regard/models/registry.h"
#include "regard/tensor/safetensors.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "base_model.model.", down_ending = ".lora_A.weight",
                           up_ending = ".lora_B.weight";

// How a weight lies in the checkpoint: [out,in], or [in,out].
enum class Stored : std::uint8_t { plain, transposed };

// How the corrections of an adapter are added.
struct AdapterScale {
  double scale = 1;
  Stored stored = Stored::plain;
  std::int64_t rank = 1;
};
AdapterScale scale_of(const JsonField& config) {
  config.at("peft_type").one_of({"LORA"});
  for (const char* key : {"use_dora", "use_bdlora", "use_qalora"})
    if (config.boolean_or(key, false)) config.at(key).refuse("false");
  if (config.has("bias")) config.at("bias").one_of({"none"});
  for (const char* key : {"rank_pattern", "alpha_pattern"})
    if (const auto pattern = config.find(key); pattern && !pattern->value().empty())
      pattern->refuse("none: one rank for all");
  const std::int64_t rank = config.at("r").positive();
  const auto r = static_cast<double>(rank);
  const double divisor = config.boolean_or("use_rslora", false) ? std::sqrt(r) : r;
  return {config.number_or("lora_alpha", 8) / divisor,
          config.boolean_or("fan_in_fan_out", false) ? Stored::transposed : Stored::plain, rank};
}

// W + scale B A, with B [out,r] and A [r,in].
struct Correction {
  Tensor up, down;
};
Tensor corrected(const Tensor& weight, const Correction& term, const AdapterScale& how) {
  const std::vector<double> up = term.up.to_doubles(), down = term.down.to_doubles();
  std::vector<double> sum = weight.to_doubles();
  const std::int64_t out = term.up.size(0), in = term.down.size(1);
  for (std::int64_t o = 0; o < out; ++o)
    for (std::int64_t k = 0; k < how.rank; ++k) {
      const double b = how.scale * up[static_cast<std::size_t>(o * how.rank + k)];
      for (std::int64_t i = 0; i < in; ++i) {
        const std::int64_t at = how.stored == Stored::plain ? o * in + i : i * out + o;
        sum[static_cast<std::size_t>(at)] += b * down[static_cast<std::size_t>(k * in + i)];
      }
    }
  return Tensor::from<double>(weight.shape(), sum).to(DType::f32);
}

Parameter& parameter_of(const models::Model& model, const std::string& name, const fs::path& file) {
  Parameter* p = model.parameters().find(name);
  if (p == nullptr)
    throw InputError(
        fmt::format("{}: the tensor {}{}: the model has no such weight", file.string(), prefix, name));
  return *p;
}

// The name in the model, without what PEFT puts around it.
std::string plain_name(const std::string& stored, const fs::path& file) {
  if (!stored.starts_with(prefix))
    throw InputError(fmt::format("{}: found the tensor {}, expected names that begin with {}", file.string(),
                                 stored, prefix));
  std::string name = stored.substr(prefix.size());
  for (const std::string_view part : {".modules_to_save.default", ".modules_to_save", ".default"})
    if (const std::size_t at = name.find(part); at != std::string::npos) name.erase(at, part.size());
  return name;
}

// The first model, with the head of the adapter where its own config.json says which.
std::unique_ptr<models::Model> first_model(const fs::path& base, const fs::path& adapter) {
  if (!fs::exists(adapter / "config.json")) return models::load(base, read_json(base / "config.json"));
  Json config = read_json(base / "config.json");
  const Json head = read_json(adapter / "config.json");
  for (const char* key : {"architectures", "id2label", "label2id", "problem_type"})
    if (head.contains(key)) config[key] = head[key];
  return models::load_with_head(base, config, RandomKey{});
}

// Whatever the checkpoint lacks the adapter must bring: a head with drawn weights would be a silent failure.
void require_all(const models::Model& model, const fs::path& base, const std::set<std::string>& brought,
                 const fs::path& file) {
  const std::string config = (base / "config.json").string();
  const models::CheckpointWeights stored(
      base, std::string(models::family_of(JsonField(model.config(), config)).prefix));
  for (const Parameter* p : model.parameters().all())
    if (stored.holds(p->name()) != true && !brought.contains(p->name()))
      throw InputError(fmt::format("{}: the tensor {}{}: missing, and {} lacks it too", file.string(), prefix,
                                   p->name(), base.string()));
}

}  // namespace

std::unique_ptr<models::Model> load_with_adapter(const fs::path& base, const fs::path& adapter) {
  const fs::path config_file = adapter / "adapter_config.json", file = adapter / "adapter_model.safetensors";
  const Json config = read_json(config_file);
  const AdapterScale how = scale_of(JsonField(config, config_file.string()));
  auto model = first_model(base, adapter);
  const Weights stored = Weights::open(file);
  std::set<std::string> brought;
  for (const std::string& name : stored.names()) {
    const std::string plain = plain_name(name, file);
    if (plain.ends_with(up_ending)) {
      if (!stored.has(std::string(name).replace(name.rfind("lora_B"), 6, "lora_A")))
        throw InputError(fmt::format("{}: found {} without its lora_A", file.string(), name));
      continue;
    }
    if (!plain.ends_with(down_ending)) {
      if (plain.find(".lora_") != std::string::npos)
        throw InputError(fmt::format("{}: the tensor {}: corrections of embeddings are not supported",
                                     file.string(), name));
      Parameter& p = parameter_of(*model, plain, file);
      p.set(stored.tensor(name, p.shape()).to(DType::f32).clone());
      brought.insert(plain);
      continue;
    }
    const std::string module = plain.substr(0, plain.size() - down_ending.size());
    Parameter& p = parameter_of(*model, module + ".weight", file);
    const bool plain_form = how.stored == Stored::plain;
    if (p.shape().rank() != 2)
      throw InputError(fmt::format("{}: the tensor {}: its weight is no matrix", file.string(), name));
    const std::int64_t out = p.shape()[plain_form ? 0 : 1], in = p.shape()[plain_form ? 1 : 0];
    const Tensor down = stored.tensor(name, {how.rank, in});
    const Tensor up =
        stored.tensor(std::string(name).replace(name.rfind("lora_A"), 6, "lora_B"), {out, how.rank});
    p.set(corrected(p.value(), {up, down}, how));
  }
  if (fs::exists(adapter / "config.json")) require_all(*model, base, brought, file);
  return model;
}

}  // namespace regard::tasks
