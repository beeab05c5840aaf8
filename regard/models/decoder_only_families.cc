#include "regard/models/decoder_only_families.h"

#include <array>

#include "regard/models/bloom.h"
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
    DecoderOnlyFamily{{"llama", "LlamaForCausalLM", "model."}, llama_config, llama_names},
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

std::unique_ptr<Model> DecoderOnlyFamily::make(const JsonField& config, nn::WeightSource& weights) const {
  return std::make_unique<DecoderOnly>(
      DecoderOnly::Parts{config.value(), read(config), names(), std::string(prefix)}, weights);
}

}  // namespace regard::models
