#include "regard/models/new_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/models/adapter.h"
#include "regard/models/decoder_only_families.h"
#include "regard/models/family.h"
#include "regard/models/head_names.h"
#include "regard/models/registry.h"
#include "regard/models/text_encoder_families.h"

namespace regard::models {
namespace {

const DecoderOnlyFamily* decoder_family(const Family& family) {
  for (const DecoderOnlyFamily& f : decoder_only_families())
    if (f.type == family.type) return &f;
  return nullptr;
}

// Decoders have such heads too (CausalEncoder).
const Family& encoder_family(const JsonField& config) {
  const Family& family = family_of(config);
  const auto all = text_encoder_families();
  const bool encoder =
      std::any_of(all.begin(), all.end(), [&](const Family& f) { return f.type == family.type; });
  if (!encoder && decoder_family(family) == nullptr)
    config.at("model_type").refuse("a text encoder's or a decoder's, such as bert, roberta or gpt2");
  return family;
}

std::string class_of(const Family& family, HeadKind kind) {
  std::string name(family.architecture);  // BertModel, GPT2LMHeadModel, LlamaForCausalLM
  for (const std::string_view ending : {"LMHeadModel", "ForCausalLM"})
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size()).append(class_ending(kind));
  name.resize(name.size() - class_ending(HeadKind::none).size());
  return name.append(class_ending(kind));
}

// What the weights below a head are called: in a file, and in the model with that head.
struct Prefixes {
  std::string file, model;
};
Prefixes prefixes_of(const Family& family, HeadKind kind) {
  const DecoderOnlyFamily* decoder = decoder_family(family);
  const bool other = decoder != nullptr && kind == HeadKind::span && !decoder->span_prefix.empty();
  return {std::string(family.prefix), std::string(other ? decoder->span_prefix : family.prefix)};
}

HeadKind head_kind(const JsonField& config) {
  const std::string name = config.at("architectures").items().front().text();
  for (const HeadKind kind : {HeadKind::vocabulary, HeadKind::sequence, HeadKind::tokens, HeadKind::span})
    if (name.ends_with(class_ending(kind))) return kind;
  return HeadKind::none;
}

// A checkpoint's weights for all that stands below its head, and drawn ones for the head.
class WeightsBelowHead final : public nn::WeightSource {
 public:
  struct Above {
    HeadKind kind;
    RandomKey key;
  };
  WeightsBelowHead(nn::WeightSource& file, Prefixes prefixes, const Above& head)
      : file_(file), prefixes_(std::move(prefixes)), head_(head.kind), drawn_(head.key) {}

  Tensor get(const std::string& name, const Shape& shape, const nn::Init& init) override {
    return from_file(name) ? file_.get(in_file(name), shape, init) : drawn_.get(name, shape, init);
  }
  std::optional<bool> holds(const std::string& name) const override {
    if (is_pooler(name) && head_ != HeadKind::sequence) return false;  // nothing would read it
    return from_file(name) ? file_.holds(in_file(name)) : std::nullopt;
  }
  bool tie(const std::string& name, const std::string& other) override {
    return file_.tie(in_file(name), in_file(other));
  }
  DType stored_as(const std::string& name) const override {
    return from_file(name) ? file_.stored_as(in_file(name)) : DType::f32;
  }

 private:
  static bool is_pooler(const std::string& name) { return name.find("pooler") != std::string::npos; }
  std::string in_file(const std::string& name) const {
    if (!name.starts_with(prefixes_.model)) return name;
    return prefixes_.file + name.substr(prefixes_.model.size());
  }
  bool from_file(const std::string& name) const {
    if (!name.starts_with(prefixes_.model)) return false;
    return !is_pooler(name) || file_.holds(name) == true;  // models of some heads are written without
  }

  nn::WeightSource& file_;
  Prefixes prefixes_;
  HeadKind head_;
  nn::RandomWeights drawn_;
};

}  // namespace

std::string prefix_below_head(const Json& config, HeadKind kind) {
  const Family* family = family_named(config.value("model_type", ""));
  return family == nullptr ? "" : prefixes_of(*family, kind).model;
}

std::vector<std::string> labels_of(const JsonField& config) {
  std::vector<std::string> labels;
  if (const auto names = config.find("id2label"); names && !names->keys().empty()) {
    for (std::size_t i = 0; i < names->keys().size(); ++i)
      labels.push_back(names->at(std::to_string(i)).text());
    return labels;
  }
  for (std::int64_t i = 0; i < config.positive_or("num_labels", 2); ++i)
    labels.push_back(fmt::format("LABEL_{}", i));
  return labels;
}

Json with_head(const Json& config, const NewHead& head, const std::string& file) {
  const Family& family = encoder_family(JsonField(config, file));
  Json json = config;
  json["architectures"] = Json::array({class_of(family, head.kind)});
  for (const char* key : {"id2label", "label2id", "num_labels", "problem_type"}) json.erase(key);
  // transformers batches texts of different lengths only where a decoder says how they are padded.
  if (decoder_family(family) != nullptr && json.value("pad_token_id", Json()).is_null())
    json["pad_token_id"] = json.value("eos_token_id", Json());
  if (head.labels.empty()) return json;
  Json names = Json::object(), numbers = Json::object();
  for (std::size_t i = 0; i < head.labels.size(); ++i) {
    names[std::to_string(i)] = head.labels[i];
    numbers[head.labels[i]] = i;
  }
  json["id2label"] = names;
  json["label2id"] = numbers;
  if (head.problem != ProblemType::unsaid) json["problem_type"] = problem_name(head.problem);
  return json;
}

bool has_head(const Json& config, const NewHead& head, const std::string& file) {
  const JsonField field(config, file);
  const Family& family = encoder_family(field);
  const auto classes = field.find("architectures");
  if (!classes || classes->items().empty()) return false;
  if (classes->items().front().text() != class_of(family, head.kind)) return false;
  if (head.labels.empty()) return true;
  const std::string problem = field.has("problem_type") ? field.at("problem_type").text() : "";
  if (!problem.empty() && problem != problem_name(head.problem)) return false;
  std::vector<std::string> own = labels_of(field), wanted = head.labels;
  std::sort(own.begin(), own.end());
  std::sort(wanted.begin(), wanted.end());
  return own == wanted;
}

std::unique_ptr<TextEncoder> load_with_head(const std::filesystem::path& directory, const Json& config,
                                            RandomKey head) {
  const std::string file = (directory / "config.json").string();
  const Json own = config_in(directory);
  const auto named = [](const Json& json) { return json.value("architectures", Json::array()); };
  const JsonField field(config, file);
  std::unique_ptr<Model> model;
  const bool without = head_kind(field) == HeadKind::none;
  if (without || (named(own) == named(config) && labels_of(JsonField(own, file)) == labels_of(field))) {
    model = load(directory, config);
  } else {
    const Family& family = encoder_family(field);
    if (read_quantization(JsonField(own, file)))
      throw InputError(
          fmt::format("{}: found weights in 8 bits, which are not trained; expected the model that they were "
                      "made of",
                      directory.string()));
    const StoredWeights weights = stored_weights(directory, JsonField(own, file));
    WeightsBelowHead source(*weights.source, prefixes_of(family, head_kind(field)), {head_kind(field), head});
    model = make(config, file, source);
    for (Parameter* p : model->parameters().all()) p->set(p->value().clone());
  }
  return as_kind<TextEncoder>(std::move(model), directory.string());
}

}  // namespace regard::models
