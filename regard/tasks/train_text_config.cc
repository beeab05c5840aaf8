#include "regard/tasks/train_text_config.h"

#include "regard/base/error.h"
#include "regard/tasks/training_plan.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using Key = train::SettingKey<TextSettings>;
using Goal = TextTraining::Goal;

const std::vector<Key>& keys() {
  using S = TextSettings;
  static const std::vector<Key> list{
      {{"block_size", 0, 1e7}, &S::block_size},
      {{"vocab_size", 4, 1e7}, &S::vocab_size},
      {{"vocab_type", 0, 0, {"bpe", "wordpiece", "unigram", "char"}}, &S::vocab_type},
      {{"mlm_probability", 0, 1}, &S::mlm_probability},
  };
  return list;
}

struct Preset {
  const char* name;
  std::int64_t layers, width, heads, positions;
  double dropout, learning_rate;
  std::int64_t vocabulary, max_steps, warmup, batch_tokens;
};

// small: the shape in which a character model of a few megabytes is usually trained; base: GPT-2 and BERT's.
constexpr Preset presets[] = {
    {"tiny", 4, 128, 4, 256, 0.1, 2e-3, 4000, 3000, 100, 4096},
    {"small", 6, 384, 6, 256, 0.2, 1e-3, 8000, 5000, 100, 16384},
    {"base", 12, 768, 12, 1024, 0.1, 6e-4, 50257, 100000, 2000, 32768},
};

Json gpt2_of(const Preset& p) {
  return {{"model_type", "gpt2"},
          {"architectures", {"GPT2LMHeadModel"}},
          {"n_layer", p.layers},
          {"n_embd", p.width},
          {"n_head", p.heads},
          {"n_inner", nullptr},
          {"n_positions", p.positions},
          {"activation_function", "gelu_new"},
          {"resid_pdrop", p.dropout},
          {"embd_pdrop", p.dropout},
          {"attn_pdrop", p.dropout},
          {"layer_norm_epsilon", 1e-5},
          {"initializer_range", 0.02},
          {"scale_attn_weights", true},
          {"scale_attn_by_inverse_layer_idx", false},
          {"reorder_and_upcast_attn", false},
          {"tie_word_embeddings", true},
          {"use_cache", true}};
}

Json bert_of(const Preset& p) {
  return {{"model_type", "bert"},
          {"architectures", {"BertForMaskedLM"}},
          {"num_hidden_layers", p.layers},
          {"hidden_size", p.width},
          {"num_attention_heads", p.heads},
          {"intermediate_size", 4 * p.width},
          {"max_position_embeddings", p.positions},
          {"type_vocab_size", 2},
          {"hidden_act", "gelu"},
          {"hidden_dropout_prob", p.dropout},
          {"attention_probs_dropout_prob", p.dropout},
          {"layer_norm_eps", 1e-12},
          {"initializer_range", 0.02},
          {"position_embedding_type", "absolute"},
          {"tie_word_embeddings", true}};
}

const Preset& preset_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Preset& p : presets) names.emplace_back(p.name);
  return presets[preset_index(name, names)];
}

// The betas and the decay are those of Brown et al. 2020, appendix B.
train::Settings training_of(const Preset& preset) {
  train::Settings s;
  s.lr_scheduler_type = "cosine";
  s.adam_beta2 = 0.95;
  s.weight_decay = 0.1;
  s.max_steps = preset.max_steps;
  s.learning_rate = preset.learning_rate;
  s.warmup_steps = preset.warmup;
  s.batch_tokens = preset.batch_tokens;
  return s;
}

}  // namespace

Json to_json(const TextSettings& settings) { return train::json_by_name<TextSettings>(settings, keys()); }

Json TextPlan::to_json() const {
  Json settings = train::to_json(training);
  settings.update(tasks::to_json(text));
  return {{"settings", settings}, {"config", config}};
}

TextPlan plan_text(const TextTraining& training, const Json& base) {
  const Preset& preset = preset_named(training.preset);
  TextPlan plan;
  plan.text.vocab_size = preset.vocabulary;
  plan.text.vocab_type = training.goal == Goal::next_token ? "bpe" : "wordpiece";
  if (base.is_null())
    plan.training = training_of(preset);  // else those of TrainingArguments: for a short tuning
  if (!base.is_null()) {
    plan.config = base;
  } else if (!training.model_config.contains("model_type")) {
    plan.config = training.goal == Goal::next_token ? gpt2_of(preset) : bert_of(preset);
  } else {
    plan.config = Json::object();  // of another family: the file says all
  }
  const auto config_keys = [&] {
    std::vector<std::string> names;
    for (const auto& [key, value] : plan.config.items())
      if (key != "model_type" && key != "architectures") names.push_back(key);
    return names;
  };
  apply_request(training, {plan.training, plan.config,
                           [&](const std::string& key, const Json& value) {
                             return train::set_by_name<TextSettings>(plan.text, keys(), key, value);
                           },
                           train::names_of<TextSettings>(keys()), config_keys});
  return plan;
}

}  // namespace regard::tasks
