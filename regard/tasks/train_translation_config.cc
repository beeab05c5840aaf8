#include "regard/tasks/train_translation_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/models/native.h"
#include "regard/models/written_form.h"
#include "regard/tasks/pair_task.h"
#include "regard/tasks/training_plan.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using Key = train::SettingKey<TranslationSettings>;

const std::vector<Key>& keys() {
  using S = TranslationSettings;
  static const std::vector<Key> list{
      {{"vocab_size", 4, 1e7}, &S::vocab_size},
      {{"vocab_type", 0, 0, {"bpe", "unigram"}}, &S::vocab_type},
      {{"joint_vocab"}, &S::joint_vocab},
      {{"vocab_sample_lines", 0}, &S::vocab_sample_lines},
      {{"subword_dropout", 0, 1}, &S::subword_dropout},
      {{"subword_sampling_alpha", 0}, &S::subword_sampling_alpha},
      {{"subword_sampling_nbest", 0, 1000}, &S::subword_sampling_nbest},
      {{"subword_sampling_sides", 0, 0, {"both", "source", "target"}}, &S::subword_sampling_sides},
      {{"src_lang"}, &S::src_lang},
      {{"tgt_lang"}, &S::tgt_lang},
      {{"prefetch", 0, 1000}, &S::prefetch},
      {{"max_source_length", 0}, &S::max_source_length},
      {{"max_target_length", 0}, &S::max_target_length},
      {{"max_length_ratio", 0}, &S::max_length_ratio},
      {{"predict_with_generate"}, &S::predict_with_generate},
      {{"generation_num_beams", 1, 1000}, &S::generation_num_beams},
      {{"generation_max_samples", 0}, &S::generation_max_samples},
  };
  return list;
}

// Keys of config.json that decide something in a model and are not made from the vocabulary.
const std::vector<std::string>& config_keys() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> keys{"d_model",
                                  "encoder_layers",
                                  "decoder_layers",
                                  "encoder_attention_heads",
                                  "encoder_ffn_dim",
                                  "decoder_ffn_dim",
                                  "dropout",
                                  "decoder_attention_heads",
                                  "attention_dropout",
                                  "activation_dropout",
                                  "activation_function",
                                  "scale_embedding",
                                  "max_position_embeddings",
                                  "model_type"};
    keys.insert(keys.end(), models::shape_keys().begin(), models::shape_keys().end());
    return keys;
  }();
  return list;
}

// Says early what the model cannot be, before data are read or a vocabulary is learned. Leaves in `config`
// the family that the finished model is written as.
void decide_family(Json& config, const TranslationSettings& settings) {
  // What the vocabulary decides later stands here for the check alone.
  Json full{
      {"vocab_size", 1}, {"pad_token_id", 0}, {"share_encoder_decoder_embeddings", settings.joint_vocab}};
  full.update(config);
  const std::string family = models::trained_form(full).written_as;
  config["model_type"] = family;
  config["architectures"] = Json::array({models::architecture_of(family)});
}

struct Shape {
  int encoder_layers, decoder_layers, width, heads, inner, positions;
  double dropout;
};

Json config_of(const Shape& s) {
  return {{"is_encoder_decoder", true},
          {"d_model", s.width},
          {"encoder_layers", s.encoder_layers},
          {"decoder_layers", s.decoder_layers},
          {"encoder_attention_heads", s.heads},
          {"decoder_attention_heads", s.heads},
          {"encoder_ffn_dim", s.inner},
          {"decoder_ffn_dim", s.inner},
          {"dropout", s.dropout},
          {"attention_dropout", 0.0},
          {"activation_dropout", 0.0},
          {"activation_function", "relu"},
          {"scale_embedding", true},
          {"max_position_embeddings", s.positions},
          {"tie_word_embeddings", true},
          {"use_cache", true}};
}

struct Preset {
  const char* name;
  Shape shape;
  std::int64_t vocabulary, max_steps, warmup, batch_tokens;
  double learning_rate;
};

// tiny: Wu et al. 2021 for Multi30k; base: Vaswani et al. 2017, table 3 (a vocabulary of about 37,000,
// 100,000 updates of about 25,000 target tokens); deep: the same with 12 + 1 layers, about as good and
// quicker to translate with (Kasai et al. 2021). The rates are those of their schedules at the end of
// warm-up.
constexpr Preset presets[] = {
    {"tiny", {4, 4, 128, 4, 256, 256, 0.2}, 8000, 3000, 1000, 4096, 2e-3},
    {"small", {6, 6, 256, 4, 1024, 512, 0.1}, 16000, 30000, 4000, 8192, 1e-3},
    {"base", {6, 6, 512, 8, 2048, 512, 0.1}, 37000, 100000, 4000, 25000, 7e-4},
    {"deep", {12, 1, 512, 8, 2048, 512, 0.1}, 37000, 100000, 4000, 25000, 7e-4},
};

const Preset& preset_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Preset& p : presets) names.emplace_back(p.name);
  return presets[preset_index(name, names)];
}

train::Settings training_of(const Preset& preset) {
  train::Settings s;
  s.lr_scheduler_type = "inverse_sqrt";
  s.adam_beta2 = 0.98;
  s.adam_epsilon = 1e-9;
  s.label_smoothing_factor = 0.1;
  s.max_steps = preset.max_steps;
  s.learning_rate = preset.learning_rate;
  s.warmup_steps = preset.warmup;
  s.batch_tokens = preset.batch_tokens;
  return s;
}

}  // namespace

Json to_json(const TranslationSettings& settings) {
  return train::json_by_name<TranslationSettings>(settings, keys());
}

SubwordSampling sampling_of(const TranslationSettings& s) {
  return {s.subword_dropout, s.subword_sampling_alpha, s.subword_sampling_nbest};
}

Json TranslationPlan::to_json() const {
  Json settings = train::to_json(training);
  settings.update(tasks::to_json(translation));
  settings.update(tasks::to_json(low_rank));
  return {{"settings", settings}, {"config", config}};
}

bool names_languages(const TranslationPlan& plan) {
  return plan.fixed_shape && plan.config.value("model_type", "") == "mbart";
}

TranslationPlan plan_translation(const TranslationTraining& training, const Json& base) {
  const Preset& preset = preset_named(training.preset);
  TranslationPlan plan;
  plan.training = training_of(preset);
  plan.translation.vocab_size = preset.vocabulary;
  const PairTask& task = pair_task(training.goal);
  plan.translation.max_source_length = task.max_source_length;
  plan.translation.max_length_ratio = task.max_length_ratio;
  plan.translation.generation_max_samples = task.generation_max_samples;
  Shape shape = preset.shape;
  shape.positions = std::max<int>(shape.positions, static_cast<int>(task.least_positions));
  const std::string family = base.is_null() ? "" : base.value("model_type", "");
  const bool corrects =
      std::any_of(training.settings.begin(), training.settings.end(),
                  [](const auto& setting) { return setting.first == "lora_rank" && setting.second != 0; });
  plan.fixed_shape = !base.is_null() && (corrects || !models::has_open_shape(family));
  if (base.is_null())
    plan.config = config_of(shape);
  else
    plan.config =
        plan.fixed_shape ? base : models::open_config(base, (training.init / "config.json").string());
  const auto keys_of_model = [&] {
    if (!plan.fixed_shape) return config_keys();
    return keys_of_config(base);
  };
  std::vector<std::string> own_keys = train::names_of<TranslationSettings>(keys());
  for (std::string& name : low_rank_keys()) own_keys.push_back(std::move(name));
  apply_request(training, {plan.training, plan.config,
                           [&](const std::string& key, const Json& value) {
                             return train::set_by_name<TranslationSettings>(plan.translation, keys(), key,
                                                                            value) ||
                                    tasks::set(plan.low_rank, key, value);
                           },
                           own_keys, keys_of_model});
  (void)low_rank_options(plan.low_rank, base.is_null() ? Beginning::nothing : Beginning::checkpoint);
  if (!names_languages(plan))
    for (const std::string* name : {&plan.translation.src_lang, &plan.translation.tgt_lang})
      if (!name->empty())
        throw UsageError(
            fmt::format("src_lang, tgt_lang: found \"{}\", expected none: only mBART's texts name "
                        "their language",
                        *name));
  const std::string& metric = plan.training.metric_for_best_model;
  if (metric != "loss" && !plan.translation.predict_with_generate)
    throw UsageError(
        fmt::format("metric_for_best_model: found {}, expected predict_with_generate=true with it", metric));
  if (plan.fixed_shape && plan.config["model_type"] != family)
    throw UsageError(fmt::format("--model-config: found model_type {}, expected {} as in --init",
                                 to_line(plan.config["model_type"]), family));
  try {
    if (!plan.fixed_shape) decide_family(plan.config, plan.translation);
  } catch (const InputError& e) {
    // Where all that is set comes from the command line, so does what is wrong.
    if (base.is_null() && training.model_config.empty()) throw UsageError(e.what());
    throw;
  }
  if (base.is_null()) {  // otherwise its tokenizer says what there is to sample from
    const bool unigram = plan.translation.vocab_type == "unigram";
    require_suited(sampling_of(plan.translation), unigram ? SubwordType::unigram : SubwordType::bpe);
  }
  return plan;
}

}  // namespace regard::tasks
