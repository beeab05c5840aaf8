#include "regard/models/adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/family.h"
#include "regard/models/new_head.h"
#include "regard/models/registry.h"

namespace regard::models {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view down_ending = ".lora_A.weight", up_ending = ".lora_B.weight";

AdaptedWeights::Scale scale_of(const JsonField& config) {
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
  return {config.number_or("lora_alpha", 8) / divisor, config.boolean_or("fan_in_fan_out", false), rank};
}

// The name in the model, without what PEFT puts around it.
std::string plain_name(const std::string& stored, const fs::path& file) {
  if (!stored.starts_with(adapter_prefix))
    throw InputError(fmt::format("{}: found the tensor {}, expected names that begin with {}", file.string(),
                                 stored, adapter_prefix));
  std::string name = stored.substr(adapter_prefix.size());
  for (const std::string_view part : {".modules_to_save.default", ".modules_to_save", ".default"})
    if (const std::size_t at = name.find(part); at != std::string::npos) name.erase(at, part.size());
  return name;
}

std::string with_ending(const std::string& name, std::string_view old, std::string_view now) {
  return name.substr(0, name.size() - old.size()).append(now);
}

// The weights of a directory that is no adapter's.
std::unique_ptr<nn::WeightSource> own_weights(const fs::path& directory, const JsonField& config) {
  return std::make_unique<CheckpointWeights>(directory, std::string(family_of(config).prefix),
                                             read_quantization(config));
}

StoredWeights adapted(const fs::path& base, const fs::path& adapter, std::string_view prefix) {
  const fs::path file = base / "config.json";
  if (is_adapter(base))
    throw InputError(fmt::format("{}: found an adapter, expected the model that {} was trained on",
                                 base.string(), adapter.string()));
  const Json config = read_json(file);
  auto source = std::make_unique<AdaptedWeights>(own_weights(base, JsonField(config, file.string())), adapter,
                                                 std::string(prefix));
  const AdaptedWeights* known = source.get();
  return {std::move(source), known};
}

// PEFT does not keep the head's configuration: its kind is that of the task, and its labels are counted.
std::optional<NewHead> head_of(const Weights& stored, const Json& adapter) {
  const std::string task = adapter.value("task_type", Json()).is_string() ? adapter["task_type"] : "";
  NewHead head;
  if (task == "SEQ_CLS")
    head.kind = HeadKind::sequence;
  else if (task == "TOKEN_CLS")
    head.kind = HeadKind::tokens;
  else if (task == "QUESTION_ANS")
    return NewHead{HeadKind::span, {}, ProblemType::unsaid};
  else
    return std::nullopt;
  std::optional<std::int64_t> rows;  // of the last projection: it has the fewest
  for (const std::string& name : stored.names()) {
    const TensorInfo* info = stored.find(name);
    if (name.find(".lora_") == std::string::npos && info->shape.size() == 2)
      rows = std::min(rows.value_or(info->shape[0]), info->shape[0]);
  }
  if (!rows || *rows < 1) return std::nullopt;
  for (std::int64_t i = 0; i < *rows; ++i) head.labels.push_back(fmt::format("LABEL_{}", i));
  return head;
}

}  // namespace

bool is_adapter(const fs::path& directory) {
  const auto has = [&](const char* name) { return fs::exists(directory / name); };
  return has(adapter_config_file) && !has("model.safetensors") && !has("model.safetensors.index.json");
}

fs::path base_of(const fs::path& adapter) {
  const std::string file = (adapter / adapter_config_file).string();
  const Json config = read_json(file);
  const JsonField field = JsonField(config, file).at("base_model_name_or_path");
  const fs::path named = field.text();
  for (const fs::path& place : {named, adapter / named})
    if (fs::exists(place / "config.json")) return place;
  field.refuse(
      "the folder of the model that the adapter was trained on, which is not there; --adapter takes "
      "an adapter beside any MODEL");
}

AdaptedWeights::AdaptedWeights(std::unique_ptr<nn::WeightSource> base, const fs::path& adapter,
                               std::string prefix)
    : base_(std::move(base)),
      stored_(Weights::open(adapter / adapter_weights_file)),
      prefix_(std::move(prefix)) {
  const std::string config_file = (adapter / adapter_config_file).string();
  const Json config = read_json(config_file);
  how_ = scale_of(JsonField(config, config_file));
  for (const std::string& name : stored_.names()) names_[plain_name(name, stored_.path())] = name;
  for (const auto& [plain, name] : names_) {
    const bool down = plain.ends_with(down_ending), up = plain.ends_with(up_ending);
    if (!down && !up && plain.find(".lora_") != std::string::npos)
      throw InputError(fmt::format("{}: the tensor {}: corrections of embeddings are not supported",
                                   stored_.path().string(), name));
    if (down && !names_.contains(with_ending(plain, down_ending, up_ending)))
      throw InputError(fmt::format("{}: found {} without its lora_B", stored_.path().string(), name));
    if (up && !names_.contains(with_ending(plain, up_ending, down_ending)))
      throw InputError(fmt::format("{}: found {} without its lora_A", stored_.path().string(), name));
  }
}

std::string AdaptedWeights::in_file(const std::string& name) const {
  std::string other = prefix_ + name;
  if (name.starts_with(prefix_)) other = name.substr(prefix_.size());
  for (const std::string& one : {name, other})
    if (const auto found = names_.find(one); found != names_.end()) return found->second;
  return "";
}

std::string AdaptedWeights::correction_of(const std::string& name) const {
  constexpr std::string_view weight = ".weight";
  return name.ends_with(weight) ? in_file(with_ending(name, weight, down_ending)) : "";
}

Tensor AdaptedWeights::corrected(const Tensor& weight, const std::string& down_name) {
  if (weight.rank() != 2)
    throw InputError(
        fmt::format("{}: the tensor {}: its weight is no matrix", stored_.path().string(), down_name));
  const std::int64_t out = weight.size(how_.transposed ? 1 : 0), in = weight.size(how_.transposed ? 0 : 1);
  const std::string up_name = std::string(down_name).replace(down_name.rfind("lora_A"), 6, "lora_B");
  const std::vector<double> down = stored_.tensor(down_name, {how_.rank, in}).to_doubles();
  const std::vector<double> up = stored_.tensor(up_name, {out, how_.rank}).to_doubles();
  read_.insert(down_name);
  read_.insert(up_name);
  std::vector<double> sum = weight.to_doubles();
  for (std::int64_t o = 0; o < out; ++o)
    for (std::int64_t k = 0; k < how_.rank; ++k) {
      const double b = how_.scale * up[static_cast<std::size_t>(o * how_.rank + k)];
      for (std::int64_t i = 0; i < in; ++i) {
        const std::int64_t at = how_.transposed ? i * out + o : o * in + i;
        sum[static_cast<std::size_t>(at)] += b * down[static_cast<std::size_t>(k * in + i)];
      }
    }
  return Tensor::from<double>(weight.shape(), sum).to(DType::f32);
}

Tensor AdaptedWeights::get(const std::string& name, const Shape& shape, const nn::Init& init) {
  if (const std::string whole = in_file(name); !whole.empty()) {
    read_.insert(whole);
    return stored_.tensor(whole, shape).to(DType::f32);
  }
  const Tensor weight = base_->get(name, shape, init);
  const std::string correction = correction_of(name);
  return correction.empty() ? weight : corrected(weight, correction);
}

std::optional<nn::QuantizedWeight> AdaptedWeights::quantized(const std::string& name, const Shape& shape) {
  if (!in_file(name).empty() || !correction_of(name).empty()) return std::nullopt;
  return base_->quantized(name, shape);
}

std::optional<bool> AdaptedWeights::holds(const std::string& name) const {
  if (!in_file(name).empty()) return true;
  return base_->holds(name);
}

void AdaptedWeights::require_all_read() const {
  for (const auto& [plain, name] : names_) {
    if (read_.contains(name)) continue;
    const bool down = plain.ends_with(down_ending);
    throw InputError(fmt::format("{}: the tensor {}: the model has no weight {}", stored_.path().string(),
                                 name, down ? with_ending(plain, down_ending, ".weight") : plain));
  }
}

StoredWeights stored_weights(const fs::path& directory, const JsonField& config) {
  if (is_adapter(directory)) return adapted(base_of(directory), directory, family_of(config).prefix);
  return {own_weights(directory, config), nullptr};
}

Json config_in(const fs::path& directory) {
  const fs::path own = directory / "config.json";
  return read_json(fs::exists(own) || !is_adapter(directory) ? own : base_of(directory) / "config.json");
}

Json adapted_config(const fs::path& base, const fs::path& adapter) {
  Json config = read_json(base / "config.json");
  if (fs::exists(adapter / "config.json")) {
    const Json head = read_json(adapter / "config.json");
    for (const char* key : {"architectures", "id2label", "label2id", "problem_type"})
      if (head.contains(key)) config[key] = head[key];
    return config;
  }
  const std::string file = (base / "config.json").string();
  const auto head =
      head_of(Weights::open(adapter / adapter_weights_file), read_json(adapter / adapter_config_file));
  if (!head) return config;
  const Json with = with_head(config, *head, file);
  const bool same = config.value("architectures", Json()) == with["architectures"] &&
                    labels_of(JsonField(config, file)).size() == head->labels.size();
  return same ? config : with;
}

std::unique_ptr<Model> load_with_adapter(const fs::path& base, const fs::path& adapter) {
  const std::string file = (base / "config.json").string();
  const Json config = adapted_config(base, adapter);
  StoredWeights weights = adapted(base, adapter, family_of(JsonField(config, file)).prefix);
  auto model = make(config, file, *weights.source);
  weights.adapter->require_all_read();
  return model;
}

}  // namespace regard::models
