"""Golden cases of decoder-only models: see ../make.py."""
import math

import torch

NO_PAD = dict(eos_token_id=3, bos_token_id=2)
LLAMA = dict(vocab_size=37, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=32, rms_norm_eps=1e-5, **NO_PAD)
SMALL = [dict(max_new_tokens=6), dict(max_new_tokens=6, num_beams=3)]
KEYS = SMALL + [
    dict(max_length=12), dict(max_new_tokens=8, min_new_tokens=5, num_beams=2, eos_token_id=36),
    dict(max_length=14, min_length=12, eos_token_id=36),
    dict(max_new_tokens=8, bad_words_ids=[[9], [30, 4], [12]]), dict(max_new_tokens=8, suppress_tokens=[4, 9, 12, 20, 30, 33]),
    dict(max_new_tokens=8, begin_suppress_tokens=[4, 9, 12, 20, 30, 33], num_beams=2), dict(max_new_tokens=5, forced_eos_token_id=3),
    dict(max_new_tokens=10, num_beams=4, early_stopping="never", length_penalty=-0.5), dict(max_new_tokens=10, repetition_penalty=1.5),
    dict(max_new_tokens=12, num_beams=3, no_repeat_ngram_size=2, renormalize_logits=True),
    dict(max_new_tokens=12, eos_token_id=[3, 4, 9, 12, 20, 30, 33], num_beams=2)]


def exact_gelu(model):
    """BLOOM's code has 0.79788456 for the root of 2 / pi."""
    root = math.sqrt(2 / math.pi)
    for block in model.transformer.h:
        block.mlp.gelu_impl.forward = lambda x: x * 0.5 * (1 + torch.tanh(root * x * (1 + 0.044715 * x * x)))


def llama(**more):
    return dict(model="LlamaForCausalLM", config=LLAMA | more, gradients=["model.embed_tokens.weight"])


def rope(**scaling):
    return llama(rope_parameters=dict(rope_theta=500.0, **scaling), max_position_embeddings=8) | dict(lengths=[13, 9, 3], generate=SMALL)


def labeling(model, **config):
    return dict(model=model, config=dict(num_labels=3, pad_token_id=0, **config), lengths=[9, 6, 2])


GPT2 = dict(vocab_size=31, n_positions=32, n_embd=16, n_layer=1, n_head=2, **NO_PAD)
BLOOM = dict(vocab_size=37, hidden_size=24, n_layer=1, n_head=6, **NO_PAD)
NEOX = dict(vocab_size=37, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=24,
            max_position_embeddings=32, **NO_PAD)
OPT = dict(vocab_size=37, hidden_size=16, num_hidden_layers=1, ffn_dim=24, num_attention_heads=2, max_position_embeddings=32,
           word_embed_proj_dim=8, do_layer_norm_before=False, **NO_PAD)
PHI3 = LLAMA | dict(hidden_size=32, rope_parameters=dict(rope_theta=500.0, rope_type="default"))

CASES = {
    "gpt2": dict(model="GPT2LMHeadModel", config=dict(
        vocab_size=37, n_positions=32, n_embd=16, n_layer=2, n_head=4, **NO_PAD), gradients=["transformer.wte.weight"],
        generate=KEYS),
    "gpt2_options": dict(model="GPT2LMHeadModel", config=dict(
        vocab_size=31, n_positions=32, n_embd=16, n_layer=3, n_head=2, n_inner=20, activation_function="relu",
        scale_attn_weights=False, scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False, **NO_PAD), generate=SMALL),
    "gpt2_base": dict(model="GPT2Model", config=dict(vocab_size=31, n_positions=32, n_embd=16, n_layer=1, n_head=2, **NO_PAD)),
    "llama": llama(),
    "llama_biases": llama(attention_bias=True, mlp_bias=True, head_dim=6, num_key_value_heads=4, tie_word_embeddings=True,
                          pad_token_id=0, eos_token_id=[3, 7]),
    "llama_linear": rope(rope_type="linear", factor=2.5),
    "llama_dynamic": rope(rope_type="dynamic", factor=2.0) | dict(generate=[]),
    "llama_llama3": rope(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                         original_max_position_embeddings=64),
    "llama_yarn": rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=64, beta_fast=8, beta_slow=0.5),
    "mistral": dict(model="MistralForCausalLM", config=LLAMA | dict(sliding_window=4), lengths=[9, 6, 2]),
    "qwen2": dict(model="Qwen2ForCausalLM", config=LLAMA | dict(use_sliding_window=True, sliding_window=3, max_window_layers=1),
                  lengths=[9, 6, 2]),
    "qwen3": dict(model="Qwen3ForCausalLM", config=LLAMA | dict(head_dim=6, tie_word_embeddings=True)),
    "opt": dict(model="OPTForCausalLM", config=dict(
        vocab_size=37, hidden_size=16, num_hidden_layers=2, ffn_dim=24, num_attention_heads=4, max_position_embeddings=32,
        pad_token_id=1, **NO_PAD)),
    "opt_350m": dict(model="OPTForCausalLM", config=dict(
        vocab_size=37, hidden_size=16, num_hidden_layers=2, ffn_dim=24, num_attention_heads=2, max_position_embeddings=32,
        word_embed_proj_dim=8, do_layer_norm_before=False, pad_token_id=1, **NO_PAD), generate=SMALL),
    "bloom": dict(model="BloomForCausalLM", config=dict(vocab_size=37, hidden_size=24, n_layer=2, n_head=6, **NO_PAD), in_double=exact_gelu),
    "gpt_neox": dict(model="GPTNeoXForCausalLM", config=dict(
        vocab_size=37, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
        max_position_embeddings=32, **NO_PAD)),
    "gpt_neox_in_turn": dict(model="GPTNeoXForCausalLM", config=dict(
        vocab_size=31, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, attention_bias=False,
        use_parallel_residual=False, max_position_embeddings=32, rope_parameters=dict(rope_theta=100.0, partial_rotary_factor=0.5),
        **NO_PAD), generate=SMALL),
    "gemma2": dict(model="Gemma2ForCausalLM", config=LLAMA | dict(
        head_dim=6, query_pre_attn_scalar=20, sliding_window=4, attn_logit_softcapping=2.0, final_logit_softcapping=3.0,
        num_hidden_layers=3, pad_token_id=0), lengths=[9, 6, 2]),
    "phi3": dict(model="Phi3ForCausalLM", config=LLAMA | dict(pad_token_id=0, sliding_window=5, rope_parameters=dict(
        rope_theta=500.0, rope_type="longrope", partial_rotary_factor=1.0, short_factor=[1.0, 1.5], long_factor=[2.0, 4.0]),
        original_max_position_embeddings=8, max_position_embeddings=32), lengths=[9, 6, 2], generate=[]),
    "phi3_default": dict(model="Phi3ForCausalLM", config=LLAMA | dict(hidden_size=32, pad_token_id=0), generate=SMALL),
    "gpt2_sequence": labeling("GPT2ForSequenceClassification", **GPT2),
    "gpt2_token": labeling("GPT2ForTokenClassification", **GPT2),
    "gpt2_span": dict(model="GPT2ForQuestionAnswering", config=dict(**GPT2), lengths=[9, 9, 9]),
    "llama_sequence": labeling("LlamaForSequenceClassification", **LLAMA),
    "llama_token": labeling("LlamaForTokenClassification", **LLAMA),
    "llama_span": dict(model="LlamaForQuestionAnswering", config=dict(**LLAMA), lengths=[9, 9, 9]),
    "mistral_span": dict(model="MistralForQuestionAnswering", config=LLAMA | dict(sliding_window=4), lengths=[9, 9, 9]),
    "qwen2_token": labeling("Qwen2ForTokenClassification", **LLAMA),
    "qwen3_sequence": dict(model="Qwen3ForSequenceClassification", config=LLAMA | dict(num_labels=1, pad_token_id=0),
                           lengths=[9, 6, 2], inputs={"labels": [0.5, -1.0, 2.0]}),
    "opt_sequence": labeling("OPTForSequenceClassification", **OPT),
    "opt_span": dict(model="OPTForQuestionAnswering", config=dict(pad_token_id=1, **OPT), lengths=[9, 9, 9]),
    "bloom_sequence": labeling("BloomForSequenceClassification", **BLOOM) | dict(in_double=exact_gelu),
    "bloom_token": labeling("BloomForTokenClassification", **BLOOM) | dict(in_double=exact_gelu),
    "gpt_neox_sequence": labeling("GPTNeoXForSequenceClassification", **NEOX),
    "gpt_neox_token": labeling("GPTNeoXForTokenClassification", **NEOX),
    "gemma2_sequence": labeling("Gemma2ForSequenceClassification", **(LLAMA | dict(head_dim=6, sliding_window=4))),
    "phi3_token": labeling("Phi3ForTokenClassification", **PHI3),
}
