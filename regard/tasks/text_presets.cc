#include "regard/tasks/text_presets.h"

#include "regard/tasks/training_plan.h"

namespace regard::tasks {
namespace {

// small: the shape in which a character model of a few megabytes is usually trained; base: GPT-2 and BERT's.
constexpr TextPreset presets[] = {
    {"tiny", 4, 128, 4, 256, 0.1, 2e-3, 4000, 3000, 100, 4096},
    {"small", 6, 384, 6, 256, 0.2, 1e-3, 8000, 5000, 100, 16384},
    {"base", 12, 768, 12, 1024, 0.1, 6e-4, 50257, 100000, 2000, 32768},
};

}  // namespace

const TextPreset& text_preset(const std::string& name) {
  std::vector<std::string> names;
  for (const TextPreset& p : presets) names.emplace_back(p.name);
  return presets[preset_index(name, names)];
}

Json gpt2_config(const TextPreset& p) {
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

Json bert_config(const TextPreset& p) {
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

}  // namespace regard::tasks
