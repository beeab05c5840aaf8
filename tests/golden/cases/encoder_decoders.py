"""Golden cases of encoder-decoders: see ../make.py."""
from encoder_decoder import positions_in_double

CASES = {
    "marian": dict(model="MarianMTModel", config=dict(
        vocab_size=40, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=2,
        encoder_ffn_dim=24, decoder_ffn_dim=32, activation_function="swish", scale_embedding=True, pad_token_id=39,
        eos_token_id=0, decoder_start_token_id=39, forced_eos_token_id=0, max_position_embeddings=32), tokens=(1, 39), in_double=positions_in_double),
}
