#include "regard/models/new_head.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/models/checkpoint.h"
#include "regard/models/family.h"
#include "regard/models/head_names.h"
#include "regard/models/registry.h"
#include "regard/models/text_encoder_families.h"

namespace regard::models {
namespace {

const Family& encoder_family(const JsonField& config) {
  const Family& family = family_of(config);
  const auto all = text_encoder_families();
  if (std::none_of(all.begin(), all.end(), [&](const Family& f) { return f.type == family.type; }))
    config.at("model_type").refuse("a text encoder's, such as bert or roberta");
  return family;
}

std::string class_of(const Family& family, HeadKind kind) {
  std::string name(family.architecture);  // BertModel
  name.resize(name.size() - class_ending(HeadKind::none).size());
  return name.append(class_ending(kind));
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
  WeightsBelowHead(CheckpointWeights& file, std::string prefix, const Above& head)
      : file_(file), prefix_(std::move(prefix)), head_(head.kind), drawn_(head.key) {}

  Tensor get(const std::string& name, const Shape& shape, const nn::Init& init) override {
    return from_file(name) ? file_.get(name, shape, init) : drawn_.get(name, shape, init);
  }
  std::optional<bool> holds(const std::string& name) const override {
    if (is_pooler(name) && head_ != HeadKind::sequence) return false;  // nothing would read it
    return from_file(name) ? file_.holds(name) : std::nullopt;
  }
  bool tie(const std::string& name, const std::string& other) override { return file_.tie(name, other); }
  DType stored_as(const std::string& name) const override {
    return from_file(name) ? file_.stored_as(name) : DType::f32;
  }

 private:
  static bool is_pooler(const std::string& name) { return name.find("pooler") != std::string::npos; }
  bool from_file(const std::string& name) const {
    if (!name.starts_with(prefix_)) return false;
    return !is_pooler(name) || file_.holds(name) == true;  // models of some heads are written without
  }

  CheckpointWeights& file_;
  std::string prefix_;
  HeadKind head_;
  nn::RandomWeights drawn_;
};

}  // namespace

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
  const Json own = read_json(directory / "config.json");
  const auto named = [](const Json& json) { return json.value("architectures", Json::array()); };
  const JsonField field(config, file);
  std::unique_ptr<Model> model;
  if (named(own) == named(config) && labels_of(JsonField(own, file)) == labels_of(field)) {
    model = load(directory, config);
  } else {
    const Family& family = encoder_family(field);
    CheckpointWeights weights(directory, std::string(family.prefix));
    WeightsBelowHead source(weights, std::string(family.prefix), {head_kind(field), head});
    model = make(config, file, source);
    for (Parameter* p : model->parameters().all()) p->set(p->value().clone());
  }
  return as_kind<TextEncoder>(std::move(model), directory.string());
}

}  // namespace regard::models
