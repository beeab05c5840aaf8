"""Makes the golden files of the Marian family: see encoder_decoder.py in the folder above.

usage: python tests/golden/marian/make.py [FOLDER]      (writes FOLDER/<case>/, default: beside this file)
"""
import pathlib, sys

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent))
from encoder_decoder import main
from transformers import MarianMTModel

CASES = {
    # The layout of the published OPUS checkpoints: one tied vocabulary, end 0, padding last and the decoder's start.
    "tied": dict(seed=11, config=dict(
        vocab_size=37, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=32, decoder_ffn_dim=32, activation_function="relu",
        scale_embedding=True, pad_token_id=36, eos_token_id=0, decoder_start_token_id=36, forced_eos_token_id=0,
        max_position_embeddings=64), gradients=None),
    # Two vocabularies, another activation, no scaling, a bias on the logits, heads and widths that differ by side.
    "separate": dict(seed=5, config=dict(
        vocab_size=29, decoder_vocab_size=41, share_encoder_decoder_embeddings=False, d_model=16, encoder_layers=2,
        decoder_layers=3, encoder_attention_heads=2, decoder_attention_heads=4, encoder_ffn_dim=24, decoder_ffn_dim=40,
        activation_function="swish", scale_embedding=False, pad_token_id=28, eos_token_id=0, decoder_start_token_id=28,
        forced_eos_token_id=0, max_position_embeddings=40), bias=True,
        gradients=["model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"]),
    # The special tokens of a SentencePiece model with padding 3; gelu; head width 8; one vocabulary.
    "gelu": dict(seed=7, config=dict(
        vocab_size=32, d_model=24, encoder_layers=1, decoder_layers=2, encoder_attention_heads=3,
        decoder_attention_heads=3, encoder_ffn_dim=20, decoder_ffn_dim=20, activation_function="gelu",
        scale_embedding=True, pad_token_id=3, eos_token_id=2, decoder_start_token_id=3, forced_eos_token_id=2,
        max_position_embeddings=32), gradients=["model.shared.weight"]),
}

main(MarianMTModel, CASES, here)
