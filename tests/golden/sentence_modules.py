"""Compares `regard embed` with sentence-transformers on small models of drawn weights: every pooling mode alone, two side by
side, a prompt that is not pooled, Dense modules with each activation and with residual connections, Normalize, lower case, and
as the model a BERT, a DistilBERT, T5's encoder and a decoder. Not run by the suite: it wants sentence-transformers.

needs: pip install torch transformers sentence-transformers
usage: python tests/golden/sentence_modules.py REGARD     ends with 1 where a number differs by more than 1e-5
"""
import json, pathlib, subprocess, sys, tempfile
import torch, transformers
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers import models as subword

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"the a dog cat man horse runs sleeps rides and query : big small .".split()]
TEXTS = ["the dog runs .", "a Man rides the big horse and the Small cat sleeps .", "", "cat", "the the the dog and a unicorn ."]


def tokenizer(folder):
    made = Tokenizer(subword.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]",
                                                        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
                                                sep_token="[SEP]", model_max_length=32)
    fast.save_pretrained(folder)


def base(folder, kind):
    size = dict(vocab_size=len(WORDS), pad_token_id=0)
    made = {
        "bert": lambda: transformers.BertModel(transformers.BertConfig(
            **size, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=32)),
        "distilbert": lambda: transformers.DistilBertModel(transformers.DistilBertConfig(
            **size, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=32)),
        "t5": lambda: transformers.T5EncoderModel(transformers.T5Config(
            **size, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, decoder_start_token_id=0)),
        "qwen3": lambda: transformers.Qwen3Model(transformers.Qwen3Config(
            **size, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=8,
            intermediate_size=24, max_position_embeddings=64)),
    }[kind]()
    with torch.no_grad():
        for p in made.parameters():
            p.add_(torch.randn_like(p), alpha=0.3)
    made.save_pretrained(folder)
    tokenizer(folder)


def dense(width, out, activation, **more):
    return models.Dense(width, out, activation_function=activation, **more)


def cases():
    nn = torch.nn
    for mode in ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]:
        yield mode, "bert", dict(pooling_mode=mode), lambda w: []
        yield mode + " behind a prompt", "bert", dict(pooling_mode=mode, include_prompt=False), lambda w: [models.Normalize()]
    yield "two poolings", "bert", dict(pooling_mode=("mean", "cls")), lambda w: [dense(w, 5, nn.Tanh())]
    for activation in [nn.Tanh(), nn.Identity(), nn.ReLU(), nn.GELU(), nn.SiLU()]:
        yield type(activation).__name__, "bert", {}, lambda w: [dense(w, 7, activation), models.Normalize()]
    yield "no bias, twice", "bert", {}, lambda w: [dense(w, 24, nn.Identity(), bias=False), dense(24, w, nn.Tanh()), models.Normalize()]
    yield "residual", "bert", {}, lambda w: [dense(w, w, nn.Tanh(), use_residual=True)]
    yield "residual of another width", "bert", {}, lambda w: [dense(w, 5, nn.Tanh(), use_residual=True)]
    for kind in ["distilbert", "t5"]:
        yield kind, kind, {}, lambda w: [dense(w, 7, nn.Identity()), models.Normalize()]
    yield "qwen3", "qwen3", dict(pooling_mode="lasttoken"), lambda w: [models.Normalize()]


def main():
    program = sys.argv[1]
    transformers.logging.set_verbosity_error()
    torch.manual_seed(3)
    torch.set_num_threads(1)
    bad = 0
    for name, kind, pooling, more in cases():
        with tempfile.TemporaryDirectory() as temporary:
            first, folder = pathlib.Path(temporary) / "base", pathlib.Path(temporary) / "made"
            base(first, kind)
            encoder = models.Transformer(str(first), max_seq_length=12)
            prompt = dict(prompts={"query": "query : "}, default_prompt_name="query") if "prompt" in name else {}
            made = SentenceTransformer(modules=[encoder, models.Pooling(16, **pooling), *more(16 * (2 if "two" in name else 1))], **prompt)
            made.save(str(folder))
            loaded = SentenceTransformer(str(folder), device="cpu")
            expected = torch.tensor(loaded.encode(TEXTS, batch_size=1))
            done = subprocess.run([program, "embed", str(folder)], input="\n".join(TEXTS) + "\n", capture_output=True, text=True)
            if done.returncode:
                bad += 1
                print(f"{name}: {done.stderr.strip()}")
                continue
            found = torch.tensor([[float(x) for x in line.split()] for line in done.stdout.splitlines()])
            apart = (found - expected).abs().max().item() if found.shape == expected.shape else float("inf")
            bad += not apart <= 1e-5
            print(f"{name}: {list(found.shape)}, {apart:.1e} apart", flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
