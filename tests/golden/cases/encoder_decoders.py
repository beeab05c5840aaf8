"""Golden cases of encoder-decoders: see ../make.py."""
from encoder_decoder import positions_in_double

SIZES = dict(
    vocab_size=36, d_model=12, encoder_layers=2, decoder_layers=2, encoder_attention_heads=3, decoder_attention_heads=2,
    encoder_ffn_dim=20, decoder_ffn_dim=16, max_position_embeddings=24)
T5 = dict(
    vocab_size=36, d_model=12, d_kv=5, d_ff=20, num_layers=2, num_decoder_layers=2, num_heads=3,
    relative_attention_num_buckets=8, relative_attention_max_distance=12, decoder_start_token_id=0)
BASE = {"labels": None, "decoder_input_ids": [[2, 9, 11, 12, 4, 6, 8], [2, 33, 8, 2, 7, 5, 5], [2, 5, 5, 5, 6, 1, 7]]}

# A label is read where the text ends, by its last token's id in transformers.
ENDED = {"input_ids": [[0, 9, 11, 12, 4, 6, 2], [0, 33, 8, 7, 2, 1, 1], [0, 2, 1, 1, 1, 1, 1]]}

CASES = {
    "marian": dict(model="MarianMTModel", config=dict(
        vocab_size=40, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=2,
        encoder_ffn_dim=24, decoder_ffn_dim=32, activation_function="swish", scale_embedding=True, pad_token_id=39,
        eos_token_id=0, decoder_start_token_id=39, forced_eos_token_id=0, max_position_embeddings=32), tokens=(1, 39), in_double=positions_in_double),
    "bart": dict(model="BartForConditionalGeneration", config=dict(
        **SIZES, activation_function="gelu", forced_eos_token_id=2)),
    "bart_base": dict(model="BartModel", config=dict(**SIZES, activation_function="gelu_new", scale_embedding=True),
        lengths=[7, 5, 7], inputs=BASE),
    "mbart": dict(model="MBartForConditionalGeneration", config=dict(
        **SIZES, activation_function="relu", scale_embedding=True, forced_eos_token_id=2, decoder_start_token_id=7),
        inputs={"labels": [[4, 9, 11, 12, 2, 6], [21, 33, 8, 2, 7, -100], [2, 5, -100, -100, -100, -100]]}),
    "t5": dict(model="T5ForConditionalGeneration", config=dict(**T5, feed_forward_proj="relu"), lengths=[7, 13, 3]),
    "t5_gated": dict(model="T5ForConditionalGeneration", config=dict(
        **T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "t5_base": dict(model="T5Model", config=dict(**T5, feed_forward_proj="gated-silu"), lengths=[7, 5, 7], inputs=BASE),
    "mt5": dict(model="MT5ForConditionalGeneration", config=dict(
        **(T5 | dict(num_decoder_layers=1)), feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "bart_sequence": dict(model="BartForSequenceClassification", config=dict(**SIZES, activation_function="gelu", num_labels=3),
        inputs=ENDED),
    "bart_span": dict(model="BartForQuestionAnswering", config=dict(**SIZES, activation_function="gelu", num_labels=2), lengths=[7, 7, 7]),
    "mbart_sequence": dict(model="MBartForSequenceClassification", config=dict(
        **SIZES, activation_function="relu", scale_embedding=True, num_labels=2), inputs=ENDED),
    "t5_sequence": dict(model="T5ForSequenceClassification", config=dict(**T5, feed_forward_proj="relu", num_labels=3), inputs={
        "input_ids": [[5, 9, 11, 12, 4, 6, 1], [8, 33, 8, 7, 1, 0, 0], [9, 1, 0, 0, 0, 0, 0]]}),
    "t5_token": dict(model="T5ForTokenClassification", config=dict(**T5, feed_forward_proj="gated-gelu", num_labels=3)),
    "t5_span": dict(model="T5ForQuestionAnswering", config=dict(**T5, feed_forward_proj="gated-silu", num_labels=2), lengths=[7, 7, 7]),
    "mt5_sequence": dict(model="MT5ForSequenceClassification", config=dict(
        **T5, feed_forward_proj="gated-gelu", num_labels=2, tie_word_embeddings=False), inputs={
        "input_ids": [[5, 9, 11, 12, 4, 6, 1], [8, 33, 8, 7, 1, 0, 0], [9, 1, 0, 0, 0, 0, 0]]}),
    "t5_encoder": dict(model="T5EncoderModel", config=dict(**T5, feed_forward_proj="relu"), lengths=[7, 13, 3]),
    "mt5_encoder": dict(model="MT5EncoderModel", config=dict(**T5, feed_forward_proj="gated-gelu"), lengths=[7, 13, 3]),
}
