"""Makes the golden files of the Pegasus family: see encoder_decoder.py in the folder above.

usage: python tests/golden/pegasus/make.py [FOLDER]      (writes FOLDER/<case>/, default: beside this file)
"""
import pathlib, sys

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent))
from encoder_decoder import main
from transformers import PegasusForConditionalGeneration

CASES = {
    # The special tokens of the published checkpoints: padding 0 and the decoder's start, end 1; scaled embeddings.
    "relu": dict(seed=13, steps=500, config=dict(
        vocab_size=33, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=2, encoder_ffn_dim=24, decoder_ffn_dim=32, activation_function="relu",
        scale_embedding=True, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, forced_eos_token_id=1,
        max_position_embeddings=48), gradients=None),
    # A deep encoder with a shallow decoder; another activation, no scaling, a bias on the logits.
    "gelu": dict(seed=17, steps=500, config=dict(
        vocab_size=31, d_model=12, encoder_layers=4, decoder_layers=2, encoder_attention_heads=3,
        decoder_attention_heads=3, encoder_ffn_dim=20, decoder_ffn_dim=20, activation_function="gelu",
        scale_embedding=False, pad_token_id=3, eos_token_id=2, decoder_start_token_id=3, forced_eos_token_id=2,
        max_position_embeddings=40), bias=True,
        gradients=["model.shared.weight", "model.encoder.layer_norm.weight", "model.decoder.layer_norm.bias"]),
}

main(PegasusForConditionalGeneration, CASES, here)
