#include "regard/models/text_encoder_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <vector>

#include "regard/models/head_names.h"

namespace regard::models {
namespace {

struct Ending {
  std::string_view text;
  HeadKind kind;
};
constexpr std::array<Ending, 6> endings{{{"Model", HeadKind::none},
                                         {"ForMaskedLM", HeadKind::vocabulary},
                                         {"ForSequenceClassification", HeadKind::sequence},
                                         {"ForTokenClassification", HeadKind::tokens},
                                         {"ForQuestionAnswering", HeadKind::span},
                                         {"ForMultipleChoice", HeadKind::choices}}};

struct ClassOfHead {
  std::string name;
  EncoderHeadConfig head;
};

std::vector<ClassOfHead> classes_of(const HeadClasses& classes) {
  std::vector<ClassOfHead> known;
  for (const Ending& usual : endings)
    known.push_back({fmt::format("{}{}", classes.family, usual.text), {.kind = usual.kind}});
  const auto own = [&](std::string_view name, const EncoderHeadConfig& head) {
    if (!name.empty()) known.push_back({std::string(name), head});
  };
  own(classes.replaced, {.kind = HeadKind::replaced});
  own(classes.pretraining, {.kind = HeadKind::vocabulary, .relation = true});
  own(classes.next_sentence, {.kind = HeadKind::sequence, .relation = true});
  return known;
}

// Kind and relation of the head that `architectures` names.
EncoderHeadConfig class_of(const JsonField& config, const HeadClasses& classes) {
  const auto architectures = config.find("architectures");
  if (!architectures || architectures->items().empty()) return {};
  const JsonField first = architectures->items().front();
  std::vector<std::string> names;
  for (const ClassOfHead& known : classes_of(classes)) {
    if (first.text() == known.name) return known.head;
    names.push_back(known.name);
  }
  first.refuse(fmt::format("one of {}", fmt::join(names, ", ")));
}

struct NamedProblem {
  std::string_view name;
  ProblemType type;
};
constexpr std::array<NamedProblem, 3> problems{{{"regression", ProblemType::regression},
                                                {"single_label_classification", ProblemType::single_label},
                                                {"multi_label_classification", ProblemType::multi_label}}};

ProblemType problem_of(const JsonField& config) {
  if (!config.has("problem_type")) return ProblemType::unsaid;
  const std::string type =
      config.at("problem_type").one_of({problems[0].name, problems[1].name, problems[2].name});
  return std::find_if(problems.begin(), problems.end(), [&](const NamedProblem& p) { return p.name == type; })
      ->type;
}

std::int64_t labels_of(const JsonField& config) {
  if (const auto names = config.find("id2label"); names && !names->keys().empty())
    return static_cast<std::int64_t>(names->keys().size());
  return config.positive_or("num_labels", 2);
}

void refuse_true(const JsonField& config, std::string_view key) {
  if (config.boolean_or(key, false)) config.at(key).refuse("false");
}

}  // namespace

std::string_view class_ending(HeadKind kind) {
  const auto row =
      std::find_if(endings.begin(), endings.end(), [&](const Ending& e) { return e.kind == kind; });
  assert(row != endings.end());
  return row->text;
}

std::string_view problem_name(ProblemType problem) {
  const auto row = std::find_if(problems.begin(), problems.end(),
                                [&](const NamedProblem& p) { return p.type == problem; });
  assert(row != problems.end());
  return row->name;
}

EncoderHeadConfig label_config(const JsonField& config, HeadKind kind) {
  EncoderHeadConfig head;
  head.kind = kind;
  head.labels = labels_of(config);
  if (head.kind == HeadKind::span && head.labels != 2)
    config.at(config.has("id2label") ? "id2label" : "num_labels")
        .refuse("two labels: a span's start and end");
  head.problem = problem_of(config);
  return head;
}

EncoderHeadConfig encoder_head(const JsonField& config, const HeadClasses& classes) {
  const EncoderHeadConfig named = class_of(config, classes);
  EncoderHeadConfig head = label_config(config, named.kind);
  head.relation = named.relation;
  if (head.relation && head.labels != 2)
    config.at(config.has("id2label") ? "id2label" : "num_labels").refuse("two labels: yes and no");
  head.tied = config.boolean_or("tie_word_embeddings", true);
  return head;
}

kernels::Activation encoder_activation(const JsonField& config, std::string_view key) {
  if (!config.has(key)) return kernels::Activation::gelu;
  const JsonField name = config.at(key);
  const auto activation = kernels::activation_named(name.text());
  if (!activation) name.refuse("relu, gelu, gelu_new, gelu_pytorch_tanh, silu, swish, tanh or linear");
  return *activation;
}

double encoder_rate(const JsonField& config, std::string_view key) {
  const double rate = config.number_or(key, 0);
  if (!(rate >= 0 && rate < 1)) config.at(key).refuse("a rate from 0 to below 1");
  return rate;
}

TextEncoderConfig bert_like_config(const JsonField& config, const HeadClasses& classes) {
  for (const char* key : {"is_decoder", "add_cross_attention"}) refuse_true(config, key);
  if (config.has("position_embedding_type")) config.at("position_embedding_type").one_of({"absolute"});
  if (const auto pruned = config.find("pruned_heads"); pruned && !pruned->value().empty())
    pruned->refuse("no pruned heads");
  TextEncoderConfig c;
  c.vocabulary = config.at("vocab_size").positive();
  c.width = c.embedding_width = config.at("hidden_size").positive();
  c.layers = c.groups = config.at("num_hidden_layers").integer_within(1, 1000);
  c.heads = config.at("num_attention_heads").positive();
  if (c.width % c.heads != 0) config.at("num_attention_heads").refuse("a divisor of hidden_size");
  c.inner = config.at("intermediate_size").positive();
  c.position_rows = config.positive_or("max_position_embeddings", 512);
  c.types = config.integer_or("type_vocab_size", 2);
  if (c.types < 0 || c.types > 1 << 20) config.at("type_vocab_size").refuse("a number of token types");
  c.norm_epsilon = config.number_or("layer_norm_eps", 1e-12);
  if (!(c.norm_epsilon > 0)) config.at("layer_norm_eps").refuse("a number above 0");
  c.activation = encoder_activation(config, "hidden_act");
  c.dropout = c.attention_output_dropout = encoder_rate(config, "hidden_dropout_prob");
  c.attention_dropout = encoder_rate(config, "attention_probs_dropout_prob");
  if (config.has("pad_token_id"))
    c.padding = static_cast<std::int32_t>(config.at("pad_token_id").integer_within(0, c.vocabulary - 1));
  c.head = encoder_head(config, classes);
  c.head.vocabulary_activation = c.head.replaced_activation = c.activation;
  c.head.dropout = config.has("classifier_dropout") ? encoder_rate(config, "classifier_dropout") : c.dropout;
  return c;
}

}  // namespace regard::models
