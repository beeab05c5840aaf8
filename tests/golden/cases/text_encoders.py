"""Golden cases of text encoders: see ../make.py."""

BERT = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24,
            max_position_embeddings=20)
LABELS = dict(num_labels=3)
# transformers counts padded positions among the places where a span may begin; we do not.
SPAN = dict(lengths=[6, 6])
REGRESSION = dict(inputs={"labels": [0.5, -1.25, 2.0]})
MANY = dict(inputs={"labels": [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]})


def heads(name, family, config, types=False, **more):
    return {f"{name}_{head}": dict(model=family + kind, config=config | extra, types=types, **(more | inputs))
            for head, kind, extra, inputs in [
                ("model", "Model", {}, {}), ("mlm", "ForMaskedLM", {}, {}),
                ("sequence", "ForSequenceClassification", LABELS, {}), ("token", "ForTokenClassification", LABELS, {}),
                ("span", "ForQuestionAnswering", {}, SPAN)]}

# transformers gives windows instead of attention's rows, and of a repeated block one copy's share.
LONG = dict(skip=["attentions", "global_attentions"])
WINDOWS = BERT | dict(attention_window=[8, 4], pad_token_id=1, bos_token_id=0, eos_token_id=2, sep_token_id=2,
                      type_vocab_size=1)
BLOCKS = BERT | dict(block_size=2, num_random_blocks=2, sep_token_id=3, hidden_act="gelu_new", max_position_embeddings=24)


def ones(lengths, places):
    return [[int(i in here) for i in range(max(lengths))] for here in places]


# Two texts with three choices each, all of one length.
CHOICES = dict(
    input_ids=[[[5, 9, 12, 7], [5, 30, 8, 7], [6, 6, 11, 8]], [[10, 31, 32, 33], [9, 8, 7, 6], [12, 13, 14, 15]]],
    attention_mask=[[[1, 1, 1, 1]] * 3] * 2, labels=[2, 0])
DISTILBERT = dict(vocab_size=40, dim=16, n_layers=2, n_heads=4, hidden_dim=24, max_position_embeddings=20, activation="gelu")

CASES = (
    heads("bert", "Bert", BERT, types=True)
    | heads("roberta", "Roberta", BERT | dict(type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2))
    | heads("distilbert", "DistilBert", dict(vocab_size=40, dim=16, n_layers=2, n_heads=4, hidden_dim=24,
                                             max_position_embeddings=20))
    | heads("electra", "Electra", BERT | dict(embedding_size=12, hidden_act="relu"), types=True)
    | heads("albert", "Albert", BERT | dict(embedding_size=12, num_hidden_layers=4, num_hidden_groups=2,
                                            hidden_act="gelu_new"), types=True)
    | heads("mpnet", "MPNet", BERT, lengths=[14, 5, 2])
    | {
        "bert_regression": dict(model="BertForSequenceClassification", config=BERT | dict(num_labels=1), **REGRESSION),
        "bert_many": dict(model="BertForSequenceClassification", **MANY,
                          config=BERT | LABELS | dict(problem_type="multi_label_classification")),
        "bert_untied": dict(model="BertForMaskedLM", config=BERT | dict(tie_word_embeddings=False, hidden_act="gelu_new")),
        "xlm_roberta_mlm": dict(model="XLMRobertaForMaskedLM",
                                config=BERT | dict(type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2)),
        "camembert_token": dict(model="CamembertForTokenClassification", config=BERT | LABELS | dict(
            type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2)),
        "distilbert_sines": dict(model="DistilBertModel", config=dict(
            vocab_size=40, dim=16, n_layers=2, n_heads=4, hidden_dim=24, max_position_embeddings=20,
            sinusoidal_pos_embds=True, activation="relu")),
        "electra_replaced": dict(model="ElectraForPreTraining", config=BERT | dict(embedding_size=16)),
    }
    | heads("deberta_v2", "DebertaV2", BERT | dict(
        relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=4, share_att_key=True,
        norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0, max_relative_positions=-1),
        lengths=[14, 6, 2])
    | {
        "deberta_v2_own": dict(model="DebertaV2Model", lengths=[9, 4], types=True, config=BERT | dict(
            relative_attention=True, pos_att_type="c2p|p2c", max_relative_positions=6, type_vocab_size=2)),
        "deberta_v2_query": dict(model="DebertaV2ForTokenClassification", config=BERT | LABELS | dict(
            relative_attention=True, pos_att_type=["c2p"], type_vocab_size=0, position_biased_input=False)),
        "deberta_v2_absolute": dict(model="DebertaV2ForMaskedLM", config=BERT | dict(type_vocab_size=2), types=True),
    }
    | {
        "longformer_model": dict(model="LongformerModel", config=WINDOWS, lengths=[13, 8, 3], **LONG, inputs=dict(
            global_attention_mask=ones([13], [[0, 6, 12], [3], []]))),
        "longformer_mlm": dict(model="LongformerForMaskedLM", config=WINDOWS, lengths=[13, 8, 3], **LONG),
        "longformer_sequence": dict(model="LongformerForSequenceClassification", config=WINDOWS | LABELS,
                                    lengths=[13, 8, 3], **LONG),
        "longformer_token": dict(model="LongformerForTokenClassification", config=WINDOWS | LABELS, lengths=[13, 8, 3],
                                 **LONG, inputs=dict(global_attention_mask=ones([13], [[1], [0, 1, 2], [2]]))),
        "longformer_span": dict(model="LongformerForQuestionAnswering", config=WINDOWS, lengths=[10, 10], **LONG, inputs=dict(
            input_ids=[[0, 7, 8, 2, 2, 9, 10, 11, 12, 2], [0, 5, 2, 2, 19, 20, 21, 22, 23, 2]])),
        "big_bird_model": dict(model="BigBirdModel", config=BLOCKS, lengths=[20, 15, 4], types=True, **LONG),
        "big_bird_mlm": dict(model="BigBirdForMaskedLM", config=BLOCKS, lengths=[19, 12],
                             skip=["attentions", "hidden_states"]),  # which transformers leaves padded to whole blocks,
        "big_bird_sequence": dict(model="BigBirdForSequenceClassification", config=BLOCKS | LABELS | dict(
            rescale_embeddings=True), lengths=[22, 15, 4], **LONG),
        "big_bird_token": dict(model="BigBirdForTokenClassification", lengths=[21, 15, 4], **LONG,
                               config=BLOCKS | LABELS | dict(num_random_blocks=1, block_size=3)),
        "big_bird_short": dict(model="BigBirdModel", config=BLOCKS),
        "big_bird_full": dict(model="BigBirdForMaskedLM", config=BLOCKS | dict(attention_type="original_full"), lengths=[20, 4]),
    }
    | {
        "bert_pretraining": dict(model="BertForPreTraining", config=BERT, types=True, inputs=dict(
            labels=[[7, -100, 12, 9, -100, -100, 30], [-100, 8, 8, -100, 31, -100, -100], [6, -100, -100, -100, -100, -100, -100]],
            next_sentence_label=[0, 1, 0])),
        "albert_pretraining": dict(model="AlbertForPreTraining", config=BERT | dict(embedding_size=12), types=True, inputs=dict(
            labels=[[7, -100, 12, 9, -100, -100, 30], [-100, 8, 8, -100, 31, -100, -100], [6, -100, -100, -100, -100, -100, -100]],
            sentence_order_label=[1, 1, 0])),
        "big_bird_pretraining": dict(model="BigBirdForPreTraining", config=BLOCKS),
        "bert_next": dict(model="BertForNextSentencePrediction", config=BERT, types=True, inputs=dict(labels=[1, 0, 1])),
    }
    | {
        f"{name}_choice": dict(model=f"{family}ForMultipleChoice", config=config, inputs=CHOICES)
        for name, family, config in [
            ("bert", "Bert", BERT), ("distilbert", "DistilBert", DISTILBERT), ("electra", "Electra", BERT | dict(embedding_size=12)),
            ("roberta", "Roberta", BERT | dict(pad_token_id=1, type_vocab_size=1)), ("mpnet", "MPNet", BERT),
            ("deberta_v2", "DebertaV2", BERT | dict(relative_attention=False, pooler_dropout=0.0)),
            ("albert", "Albert", BERT | dict(embedding_size=12)), ("big_bird", "BigBird", BLOCKS)]
    }
    | {
        # Question, two separators, choice, separator: what transformers expects where nothing says which are global.
        "longformer_choice": dict(model="LongformerForMultipleChoice", config=WINDOWS, **LONG, inputs=dict(
            input_ids=[[[0, 7, 8, 2, 2, 9, 10, 11, 12, 2], [0, 7, 8, 2, 2, 13, 14, 15, 16, 2]],
                       [[0, 21, 2, 2, 17, 18, 19, 20, 21, 2], [0, 21, 2, 2, 20, 22, 23, 24, 25, 2]]],
            attention_mask=[[[1] * 10] * 2] * 2, labels=[1, 0])),
        "big_bird_span": dict(model="BigBirdForQuestionAnswering", config=BLOCKS, lengths=[20, 20], inputs=dict(
            input_ids=[[2, 7, 8, 9, 3, *range(10, 24), 3], [2, 5, 3, *range(19, 35), 3]],
            start_positions=[0, 7], end_positions=[9, 12]), **LONG),
        "big_bird_span_full": dict(model="BigBirdForQuestionAnswering", types=True, lengths=[8, 8], config=BLOCKS | dict(
            attention_type="original_full"), inputs=dict(start_positions=[0, 5], end_positions=[6, 7])),
        "albert_runs": dict(model="AlbertForTokenClassification", config=BERT | LABELS | dict(
            embedding_size=12, inner_group_num=2, num_hidden_groups=2, num_hidden_layers=3)),
        "deberta_v2_conv": dict(model="DebertaV2ForMaskedLM", lengths=[9, 4, 1], config=BERT | dict(
            relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=4, share_att_key=True,
            norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0, conv_kernel_size=3,
            conv_act="gelu", legacy=False), gradients=["deberta.encoder.conv.conv.weight"]),
        "deberta_v2_conv_wide": dict(model="DebertaV2ForSequenceClassification", config=BERT | LABELS | dict(
            type_vocab_size=0, conv_kernel_size=5)),
    }
)
