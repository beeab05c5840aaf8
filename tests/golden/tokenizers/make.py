#!/usr/bin/env python3
"""Writes cases.json: small tokenizers of every kind of part and what the Python package `tokenizers` does with
texts. Needs `tokenizers` and `sentencepiece` (0.23.3 and 0.2.3 when the file was made); the vocabularies are
learned from the sentences below."""
import base64
import io
import itertools
import json
import pathlib
import tempfile

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SENTENCES = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't mind.",
    "Learning to translate is learning to align; attention aligns.",
    "Der schnelle Fuchs springt über den faulen Hund, größer und schöner.",
    "Ein Übersetzer übersetzt Sätze, nicht Wörter.",
    "def attend(q, k, v): return softmax(q @ k.T) @ v",
    "for (int i = 0; i < 10; ++i) sum += weights[i];",
    "注意力机制是翻译的核心。我们学习翻译。",
    "In 2017 eight people wrote 15 pages; 100,000 read them.",
] * 4
TEXTS = [
    "",
    " ",
    "The quick brown fox.",
    "  two  spaces, and\ttabs\n\nlines \r\n end ",
    "Don't we'll I'm you've they're he'd SHE'S",
    "größer über Übersetzer naïve café re\u0301sume\u0301",
    "注意力 is all you need。翻译abc学习",
    "emoji 🙂👩‍👩‍👧 flags 🇩🇪 and ＦＵＬＬ width ﬁ ligature ½ Ⅷ",
    "def attend(q,k,v):\n    return q@k.T  # 3.14e-10",
    "price: $1,234.56 (+7%) <b>bold</b> a_b-c d–e",
    "İstanbul ΣΊΣΥΦΟΣ ДОМ дом ǅ ẞ",
    "हिन्दी क्षत्रिय ภาษาไทย 한국어 각 日本語カタカナー",
    "a\u0000b\u0001c\u200bd\u00ade\ufefff\ufffdg\u00a0h\u3000i\u2028j",
    "x<mask>y <mask> z [CLS] <s></s> hello</s>tok tokens a tok.",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
    "e\u0301\u0323\u0301 q\u0307\u0323 \u0344 \u1e9b\u0323 \uac00\u11a8 \u1100\u1161",
    "▁meta ▁▁ space▁ ▁",
    "é" * 3 + "\u0300" * 5 + " \t\u0085\u1680",
    "12 345 ٣٤ ² ௧ 3a4",
]
PAIRS = [("The fox jumps.", "the dog"), ("", "dog"), ("learning to translate", "")]


def trained(model, trainer, pre=None, normalizer=None):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre or pre_tokenizers.Whitespace()
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def byte_vocabulary():
    """A model that shows each byte of the text it is given."""
    return models.BPE({f"<0x{b:02X}>": b for b in range(256)}, [], byte_fallback=True)


def shows_text(normalizer):
    tokenizer = Tokenizer(byte_vocabulary())
    tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteFallback()
    return tokenizer


def shows_pieces(pre):
    """Tokens are whole pieces, all unknown: offsets show where they are."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "▁": 2}, "[UNK]"))
    tokenizer.pre_tokenizer = pre
    return tokenizer


def character_map():
    rules = "\n".join(["FF21\t41", "FF26\t46", "65 301\tE9", "FB01\t66 69", "D\t20", "200B\t", "BD\t31 2044 32", "1100 1161\tAC00"])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rules.tsv"
        path.write_text(rules + "\n")
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES), model_writer=model, vocab_size=120, normalization_rule_tsv=str(path),
            hard_vocab_limit=False, minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def families():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    bert = trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=260, special_tokens=special),
                   pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer())
    bert.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    bert.decoder = decoders.WordPiece()
    yield "bert", bert
    bert.normalizer = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    bert.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    yield "bert_cased", bert
    bert.model.max_input_chars_per_word = 5
    bert.normalizer = normalizers.BertNormalizer(strip_accents=True, lowercase=False)
    bert.enable_truncation(8, stride=1)
    bert.enable_padding(length=9, pad_id=0, pad_token="[PAD]", pad_type_id=1, direction="left")
    yield "bert_short", bert

    gpt2 = trained(models.BPE(), trainers.BpeTrainer(vocab_size=420, special_tokens=["<|endoftext|>"],
                                                     initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
                   pre_tokenizers.ByteLevel(add_prefix_space=False))
    gpt2.decoder = decoders.ByteLevel()
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)
    yield "gpt2", gpt2
    qwen = gpt2
    qwen.normalizer = normalizers.NFC()
    qwen.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
            "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    qwen.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|endoftext|> $A", pair="<|endoftext|> $A <|endoftext|>:1 $B:1",
                                      special_tokens=[("<|endoftext|>", 0)])])
    yield "qwen", qwen
    whole = json.loads(qwen.to_str())
    whole["model"]["ignore_merges"] = True
    whole["model"]["vocab"]["ĠtheĠ"] = len(whole["model"]["vocab"])
    whole["model"]["vocab"]["Ġdoesnmind"] = len(whole["model"]["vocab"])
    yield "ignore_merges", Tokenizer.from_str(json.dumps(whole))

    roberta = trained(models.BPE(), trainers.BpeTrainer(
        vocab_size=380, special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), pre_tokenizers.ByteLevel(add_prefix_space=True))
    roberta.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    roberta.decoder = decoders.ByteLevel()
    roberta.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=True)
    roberta.enable_truncation(9, stride=1, strategy="longest_first", direction="left")
    yield "roberta", roberta

    fallback = [f"<0x{b:02X}>" for b in range(256)]
    llama = trained(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(
        vocab_size=460, special_tokens=["<unk>", "<s>", "</s>"] + fallback), pre_tokenizers.Metaspace(split=True))
    document = json.loads(llama.to_str())
    document["model"].update(byte_fallback=True, fuse_unk=True)
    document["added_tokens"] = document["added_tokens"][:3]
    document["pre_tokenizer"] = None
    llama = Tokenizer.from_str(json.dumps(document))
    llama.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    llama.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    llama.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    yield "llama", llama
    for fuse in (True, False):
        document["model"].update(byte_fallback=False, fuse_unk=fuse)
        yield f"unknown_fused_{fuse}", Tokenizer.from_str(json.dumps(document))

    unigram = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=200, special_tokens=["<pad>", "</s>", "<unk>"],
                                                                unk_token="<unk>"), pre_tokenizers.Metaspace())
    unigram.normalizer = normalizers.Sequence([
        normalizers.Precompiled(character_map()), normalizers.Strip(False, True), normalizers.Replace(Regex(" {2,}"), "▁")])
    unigram.decoder = decoders.Metaspace()
    unigram.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    yield "t5", unigram
    unigram.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    unigram.enable_truncation(5, strategy="only_first")
    yield "xlm_roberta", unigram
    unigram.no_truncation()
    document = json.loads(unigram.to_str())
    document["model"]["byte_fallback"] = True
    document["model"]["vocab"] += [[b, -20.0] for b in fallback]
    yield "unigram_bytes", Tokenizer.from_str(json.dumps(document))

    old = trained(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(
        vocab_size=200, special_tokens=["<unk>"], end_of_word_suffix="</w>"), pre_tokenizers.BertPreTokenizer(),
        normalizers.Lowercase())
    old.decoder = decoders.BPEDecoder()
    yield "end_of_word", old
    prefixed = trained(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(
        vocab_size=200, special_tokens=["<unk>"], continuing_subword_prefix="##"))
    prefixed.decoder = decoders.WordPiece(cleanup=False)
    yield "continuing_prefix", prefixed
    words = trained(models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(special_tokens=["[UNK]"]))
    yield "words", words
    speech = Tokenizer(models.WordLevel({"<pad>": 0, "|": 1, "<unk>": 2, **{c: i + 3 for i, c in enumerate("The quickbrownfx.")}}, "<unk>"))
    speech.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    speech.normalizer = normalizers.Replace(" ", "|")
    speech.decoder = decoders.CTC()
    yield "speech", speech


def added():
    for number, flags in enumerate([{}, {"single_word": True}, {"lstrip": True}, {"rstrip": True},
                                    {"lstrip": True, "rstrip": True, "single_word": True}]):
        for normalized in (True, False):
            tokenizer = Tokenizer(byte_vocabulary())
            tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Prepend("_")])
            tokenizer.decoder = decoders.ByteFallback()
            tokenizer.add_tokens([AddedToken("tok", normalized=normalized, **flags), AddedToken("tokens", normalized=normalized, **flags)])
            tokenizer.add_special_tokens([AddedToken("<mask>", normalized=normalized, **flags), AddedToken("</s>", **flags)])
            yield f"added_{number}_{normalized}", tokenizer


def parts():
    n = normalizers
    for name, part in {
        "nfc": n.NFC(), "nfd": n.NFD(), "nfkc": n.NFKC(), "nfkd": n.NFKD(), "lowercase": n.Lowercase(), "nmt": n.Nmt(),
        "strip": n.Strip(), "strip_left": n.Strip(True, False), "accents": n.Sequence([n.NFD(), n.StripAccents()]),
        "bytes": n.ByteLevel(), "replace": n.Replace("a", "<aa>"), "replace_away": n.Replace(Regex("[aeiou]+"), ""),
        "map": n.Precompiled(character_map()), "bert": n.BertNormalizer(),
        "many": n.Sequence([n.NFKC(), n.Lowercase(), n.Replace(Regex(r"\s+"), " "), n.Prepend("▁▁")]),
    }.items():
        yield f"normalizer_{name}", shows_text(part)
    p = pre_tokenizers
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        yield f"punctuation_{behavior}", shows_pieces(p.Punctuation(behavior))
        for invert in (True, False):
            yield f"split_{behavior}_{invert}", shows_pieces(p.Split(Regex(r"\s+|[aeiou]"), behavior, invert))
        yield f"split_text_{behavior}", shows_pieces(p.Split("a", behavior))
    for name, part in {
        "bert": p.BertPreTokenizer(), "white": p.WhitespaceSplit(), "word": p.Whitespace(), "digits": p.Digits(),
        "digit": p.Digits(True), "character": p.CharDelimiterSplit("e"), "scripts": p.UnicodeScripts(),
        "fixed": p.FixedLength(3), "bytes": p.ByteLevel(), "bytes_plain": p.ByteLevel(False, use_regex=False),
        "meta_always": p.Metaspace(), "meta_first": p.Metaspace(prepend_scheme="first"),
        "meta_never": p.Metaspace(prepend_scheme="never"), "meta_whole": p.Metaspace(split=False),
        "words_meta": p.Sequence([p.WhitespaceSplit(), p.Metaspace(prepend_scheme="first")]),
        "bytes_digits": p.Sequence([p.ByteLevel(), p.Digits(True)]),
        "many": p.Sequence([p.Whitespace(), p.UnicodeScripts(), p.Digits(True), p.FixedLength(4)]),
    }.items():
        yield f"pre_tokenizer_{name}", shows_pieces(part)


def places_of(text, offsets):
    """Offsets in bytes, one after the other."""
    place = [0]
    for c in text:
        place.append(place[-1] + len(c.encode()))
    return [place[at] for pair in offsets for at in pair]


def case(tokenizer, text, tokens):
    made = tokenizer.encode(text)
    one = {"ids": made.ids, "offsets": places_of(text, made.offsets)}
    if tokens:
        one["decoded"] = tokenizer.decode(made.ids)
        everything = tokenizer.decode(made.ids, skip_special_tokens=False)
        if everything != one["decoded"]:
            one["decoded_all"] = everything
        if made.tokens != [tokenizer.id_to_token(i) for i in made.ids]:
            one["tokens"] = made.tokens
    return one


def pair_case(tokenizer, pair):
    made = tokenizer.encode(*pair)
    return {"pair": pair, "ids": made.ids, "types": made.type_ids, "mask": made.attention_mask,
            "overflow": [part.ids for part in made.overflowing]}


def main():
    made = []
    for name, tokenizer in itertools.chain(families(), added(), parts()):  # a yielded tokenizer may change later
        document = json.loads(tokenizer.to_str())
        limited = Tokenizer.from_str(json.dumps(document))
        tokenizer = Tokenizer.from_str(json.dumps(document))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        entry = {"name": name, "tokenizer": document}
        part = name.startswith(("normalizer", "pre_token", "split", "punct", "added"))
        # BPEDecoder panics on nothing.
        entry["cases"] = [case(tokenizer, text, not part or "added" in name) for text in TEXTS[name == "end_of_word":]]
        if not part:
            entry["pairs"] = [pair_case(tokenizer, pair) for pair in PAIRS]
            if document["truncation"]:
                pairs = [(text, None) for text in TEXTS] + (PAIRS if name != "xlm_roberta" else [])
                entry["limited"] = [pair_case(limited, pair) for pair in pairs]
        if len(document["model"].get("vocab", [])) == 256:
            document["model"]["vocab"] = "bytes"  # <0x00> to <0xFF>
        made.append(entry)
    text = json.dumps({"made_by": f"tokenizers {tokenizers.__version__}", "texts": TEXTS, "tokenizers": made},
                      separators=(",", ":"))
    pathlib.Path(__file__).with_name("cases.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
