#include "regard/models/decoder_only_families.h"

#include <array>

#include "regard/models/bloom.h"
#include "regard/models/causal_encoder.h"
#include "regard/models/decoder_only_config.h"
#include "regard/models/gemma2.h"
#include "regard/models/gpt2.h"
#include "regard/models/gpt_neox.h"
#include "regard/models/llama.h"
#include "regard/models/mistral.h"
#include "regard/models/opt.h"
#include "regard/models/phi3.h"
#include "regard/models/qwen2.h"
#include "regard/models/qwen3.h"

namespace regard::models {
namespace {

constexpr std::array families{
    DecoderOnlyFamily{{"gpt2", "GPT2LMHeadModel", "transformer."}, gpt2_config, gpt2_names},
    DecoderOnlyFamily{{"llama", "LlamaForCausalLM", "model."}, llama_config, llama_names, "transformer."},
    DecoderOnlyFamily{{"mistral", "MistralForCausalLM", "model."}, mistral_config, llama_names},
    DecoderOnlyFamily{{"qwen2", "Qwen2ForCausalLM", "model."}, qwen2_config, llama_names},
    DecoderOnlyFamily{{"qwen3", "Qwen3ForCausalLM", "model."}, qwen3_config, qwen3_names},
    DecoderOnlyFamily{{"opt", "OPTForCausalLM", "model."}, opt_config, opt_names},
    DecoderOnlyFamily{{"bloom", "BloomForCausalLM", "transformer."}, bloom_config, bloom_names},
    DecoderOnlyFamily{{"gpt_neox", "GPTNeoXForCausalLM", "gpt_neox."}, gpt_neox_config, gpt_neox_names},
    DecoderOnlyFamily{{"gemma2", "Gemma2ForCausalLM", "model."}, gemma2_config, gemma2_names},
    DecoderOnlyFamily{{"phi3", "Phi3ForCausalLM", "model."}, phi3_config, phi3_names}};

}  // namespace

std::span<const DecoderOnlyFamily> decoder_only_families() { return families; }

namespace {

EncoderHeadConfig labeling_head(const JsonField& config, HeadKind kind) {
  EncoderHeadConfig head = label_config(config, kind);
  const char* dropout = config.has("classifier_dropout") ? "classifier_dropout" : "hidden_dropout";
  head.dropout = dropout_of(config, dropout, 0.1);
  return head;
}

}  // namespace

std::unique_ptr<Model> DecoderOnlyFamily::make(const JsonField& config, nn::WeightSource& weights) const {
  const HeadKind kind = decoder_head(config);
  const DecoderOnlyNames& named = names();
  std::string below(kind == HeadKind::none ? "" : prefix);
  if (kind == HeadKind::span && !span_prefix.empty()) below = span_prefix;
  auto stack =
      std::make_unique<DecoderOnly>(DecoderOnly::Parts{config.value(), read(config), named, below}, weights);
  if (kind == HeadKind::none || kind == HeadKind::vocabulary) return stack;
  const std::string& head = kind == HeadKind::sequence ? named.sequence_head
                            : kind == HeadKind::tokens ? named.tokens_head
                                                       : named.span_head;
  if (head.empty()) config.at("architectures").refuse("a class that the family has in transformers");
  return std::make_unique<CausalEncoder>(std::move(stack), labeling_head(config, kind), head);
}

}  // namespace regard::models
