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
)
