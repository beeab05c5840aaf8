#include <algorithm>
#include <array>
#include <cassert>

#include "regard/base/file.h"
#include "regard/base/json.h"
#include "regard/base/rounding_json.h"
#include "regard/tasks/embed.h"

namespace regard::tasks {
namespace {

namespace fs = std::filesystem;

struct PoolingKey {
  const char* key;   // of config.json until sentence-transformers 5
  const char* name;  // as the value of pooling_mode
  Pooling pooling;
};
constexpr std::array<PoolingKey, 6> pooling_keys{
    {{"pooling_mode_cls_token", "cls", Pooling::first},
     {"pooling_mode_max_tokens", "max", Pooling::max},
     {"pooling_mode_mean_tokens", "mean", Pooling::mean},
     {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", Pooling::mean_sqrt_length},
     {"pooling_mode_weightedmean_tokens", "weightedmean", Pooling::weighted_mean},
     {"pooling_mode_lasttoken", "lasttoken", Pooling::last}}};

Pooling pooling_of(const JsonField& mode) {
  for (const PoolingKey& p : pooling_keys)
    if (mode.value() == p.name) return p.pooling;
  mode.refuse("cls, max, mean, mean_sqrt_len_tokens, weightedmean or lasttoken");
}

void read_pooling(const fs::path& file, EmbeddingForm& form) {
  const Json json = read_json(file);
  const JsonField config(json, file.string());
  form.pools_prompt = config.boolean_or("include_prompt", true);
  form.pooling.clear();
  if (const auto mode = config.find("pooling_mode")) {
    if (!mode->value().is_array()) {
      form.pooling = {pooling_of(*mode)};
      return;
    }
    for (const JsonField& one : mode->items()) form.pooling.push_back(pooling_of(one));
    if (form.pooling.empty()) mode->refuse("one or more poolings");
    return;
  }
  for (const PoolingKey& p : pooling_keys)
    if (config.boolean_or(p.key, false)) form.pooling.push_back(p.pooling);
  if (form.pooling.empty()) form.pooling = {Pooling::mean};
}

// A module's path is a folder of the directory, or empty.
fs::path folder_of(const fs::path& directory, const JsonField& module) {
  const std::string path = module.text_or("path", "");
  const bool plain = path.find("..") == std::string::npos && !fs::path(path).is_absolute();
  if (!plain) module.at("path").refuse("a folder in the directory");
  return path.empty() ? directory : directory / path;
}

// Its name has changed with the kind of model over the years.
void read_limits(const fs::path& model, EmbeddingForm& form) {
  for (const char* kind : {"bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "mpnet"}) {
    const fs::path file = model / ("sentence_" + std::string(kind) + "_config.json");
    if (!fs::exists(file)) continue;
    const Json json = read_json(file);
    const JsonField config(json, file.string());
    if (config.has("max_seq_length")) form.max_tokens = config.at("max_seq_length").positive();
    form.lowercase = config.boolean_or("do_lower_case", false);
    return;
  }
}

// Where the above says nothing sentence-transformers takes what the tokenizer was made for, if it says so.
void read_tokenizer_limit(const fs::path& model, EmbeddingForm& form) {
  const fs::path file = model / "tokenizer_config.json";
  if (form.max_tokens || !fs::exists(file)) return;
  const Json json = read_json_rounding(file);  // 10^30 stands for any length
  const auto length = json.find("model_max_length");
  if (length == json.end() || !length->is_number()) return;
  if (const double tokens = length->get<double>(); tokens >= 1 && tokens < 1 << 30)
    form.max_tokens = static_cast<std::int64_t>(tokens);
}

void read_prompt(const fs::path& file, EmbeddingForm& form) {
  if (!fs::exists(file)) return;
  const Json json = read_json(file);
  const JsonField config(json, file.string());
  if (const auto name = config.find("default_prompt_name"))
    form.prompt = config.at("prompts").at(name->text()).text();
}

}  // namespace

EmbeddingForm embedding_form(const fs::path& directory) {
  EmbeddingForm form;
  form.model = directory;
  const fs::path file = directory / "modules.json";
  if (!fs::exists(file)) return form;
  const Json json = read_json(file);
  for (const JsonField& module : JsonField(json, file.string()).items()) {
    const std::string type = module.at("type").text();
    const std::string kind = type.substr(type.rfind('.') + 1);
    const fs::path folder = folder_of(directory, module);
    if (kind == "Transformer")
      form.model = folder;
    else if (kind == "Pooling")
      read_pooling(folder / "config.json", form);
    else if (kind == "Dense" && form.normalize)
      module.at("type").refuse("no Dense behind a Normalize module");
    else if (kind == "Dense")
      form.dense.push_back(read_dense(folder));
    else if (kind == "Normalize")
      form.normalize = true;
    else
      module.at("type").refuse("a Transformer, Pooling, Dense or Normalize module");
  }
  read_limits(form.model, form);
  read_tokenizer_limit(form.model, form);
  read_prompt(directory / "config_sentence_transformers.json", form);
  return form;
}

Pooling pooling_named(std::string_view name) {
  const auto found = std::find_if(pooling_keys.begin(), pooling_keys.end(),
                                  [&](const PoolingKey& p) { return p.name == name; });
  assert(found != pooling_keys.end());
  return found->pooling;
}

std::string_view pooling_name(Pooling pooling) {
  const auto found = std::find_if(pooling_keys.begin(), pooling_keys.end(),
                                  [&](const PoolingKey& p) { return p.pooling == pooling; });
  return found->name;
}

void write_embedding_form(const EmbeddingForm& form, const fs::path& directory) {
  assert(form.pooling.size() == 1);
  const Json config = read_json(directory / "config.json");
  Json pooling{{"include_prompt", form.pools_prompt}};
  for (const char* key : {"hidden_size", "dim", "d_model", "n_embd"})  // as the family calls it
    if (config.contains(key)) pooling["word_embedding_dimension"] = config[key];
  for (const PoolingKey& p : pooling_keys) pooling[p.key] = p.pooling == form.pooling.front();
  Json modules = Json::array();
  const auto add = [&](const std::string& kind) {
    const auto number = modules.size();
    const std::string path = number == 0 ? "" : std::to_string(number) + "_" + kind;
    modules.push_back({{"idx", number},
                       {"name", std::to_string(number)},
                       {"path", path},
                       {"type", "sentence_transformers.models." + kind}});
    return directory / path;
  };
  add("Transformer");
  const fs::path pooling_folder = add("Pooling");
  for (const DenseModule& module : form.dense) write_dense(module, add("Dense"));
  if (form.normalize) add("Normalize");
  Json limits{{"do_lower_case", form.lowercase}};
  limits["max_seq_length"] = form.max_tokens ? Json(*form.max_tokens) : Json();
  Json prompts{
      {"prompts", Json::object()}, {"default_prompt_name", nullptr}, {"similarity_fn_name", "cosine"}};
  if (!form.prompt.empty()) {
    prompts["prompts"]["text"] = form.prompt;
    prompts["default_prompt_name"] = "text";
  }
  fs::create_directories(pooling_folder);
  write_atomically(pooling_folder / "config.json", to_pretty(pooling));
  write_atomically(directory / "sentence_bert_config.json", to_pretty(limits));
  write_atomically(directory / "config_sentence_transformers.json", to_pretty(prompts));
  write_atomically(directory / "modules.json", to_pretty(modules));
}

}  // namespace regard::tasks
