#!/usr/bin/env python3
"""Compares `regard tokenize` with the Python package `tokenizers` on a text, line by line: ids, byte offsets and the
text that ids decode to. Not run by the suite: it wants a large text and real vocabularies.

  compare.py REGARD TEXT [FOLDER...]

TEXT is cut into lines (mixed_text.py makes one of all kinds); bytes that are no UTF-8 become U+FFFD on both sides, for the
program refuses them in a text. A FOLDER holds a tokenizer.json. Without one, tokenizers of each kind are learned from
the text. Ends with 1 where anything differs. Needs `tokenizers`."""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers


def learned(lines):
    """Tokenizers of each kind, from the text itself."""
    sample = lines[:: max(1, len(lines) // 20000)]
    alphabet = pre_tokenizers.ByteLevel.alphabet()

    bert = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    bert.normalizer = normalizers.BertNormalizer()
    bert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    bert.decoder = decoders.WordPiece()
    bert.train_from_iterator(sample, trainers.WordPieceTrainer(vocab_size=8000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"]))
    bert.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    yield "word_piece", bert

    gpt2 = Tokenizer(models.BPE())
    gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    gpt2.decoder = decoders.ByteLevel()
    gpt2.train_from_iterator(sample, trainers.BpeTrainer(vocab_size=8000, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet))
    yield "byte_pairs", gpt2
    gpt2.normalizer = normalizers.NFC()
    gpt2.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
            "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    yield "byte_pairs_regex", gpt2

    fallback = [f"<0x{b:02X}>" for b in range(256)]
    llama = Tokenizer(models.BPE(unk_token="<unk>"))
    llama.pre_tokenizer = pre_tokenizers.Metaspace()
    llama.train_from_iterator(sample, trainers.BpeTrainer(vocab_size=8000, special_tokens=["<unk>", "<s>", "</s>"] + fallback, limit_alphabet=300))
    document = json.loads(llama.to_str())
    document["model"].update(byte_fallback=True, fuse_unk=True)
    document["added_tokens"] = document["added_tokens"][:3]
    document["pre_tokenizer"] = None
    llama = Tokenizer.from_str(json.dumps(document))
    llama.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    llama.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    llama.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    yield "byte_fallback", llama

    counts = collections.Counter("".join(sample))
    usual = ["".join(c for c in line if counts[c] > 20) for line in sample]  # the trainer wants room for every character
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()
    unigram.train_from_iterator(usual, trainers.UnigramTrainer(vocab_size=8000, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"))
    yield "unigram", unigram

    words = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    words.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.StripAccents(), normalizers.Lowercase()])
    words.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    words.train_from_iterator(sample, trainers.WordLevelTrainer(vocab_size=8000, special_tokens=["[UNK]"]))
    yield "word_level", words


def byte_offsets(text, offsets):
    place = [0]
    for c in text:
        place.append(place[-1] + len(c.encode()))
    return [[place[a], place[b]] for a, b in offsets]


def compare(name, tokenizer, folder, program, raw):
    lines = [line.decode(errors="replace") for line in raw]
    tokenizer.no_truncation()
    tokenizer.no_padding()
    started = time.monotonic()
    expected = [tokenizer.encode(line) for line in lines]
    python = time.monotonic() - started
    data = "".join(line + "\n" for line in lines).encode()
    started = time.monotonic()
    out = subprocess.run([program, "tokenize", folder, "--ids", "--threads", "1"], input=data, check=True, capture_output=True)
    ours = time.monotonic() - started
    alone = out.stdout.decode().split("\n")[:-1]
    out = subprocess.run([program, "tokenize", folder, "--json"], input=data, check=True, capture_output=True)
    made = [json.loads(line) for line in out.stdout.decode().split("\n")[:-1]]
    ids = "\n".join(" ".join(map(str, one["ids"])) for one in made) + "\n"
    back = subprocess.run([program, "detokenize", folder], input=ids.encode(), check=True, capture_output=True)
    decoded = back.stdout.decode().split("\n")[:-1]
    wrong = {"ids": 0, "offsets": 0, "tokens": 0, "decoded": 0}
    shown = 0
    for line, want, got, bare, text in zip(lines, expected, made, alone, decoded, strict=True):
        parts = {"ids": got["ids"] == want.ids and bare == " ".join(map(str, want.ids)), "tokens": got["tokens"] == want.tokens,
                 "offsets": got["offsets"] == byte_offsets(line, want.offsets),
                 "decoded": text == tokenizer.decode(want.ids).replace("\n", "\\n")}
        for part, same in parts.items():
            wrong[part] += not same
        if not all(parts.values()) and shown < 3:
            shown += 1
            print(f"  {[p for p in parts if not parts[p]]} of {line[:200]!r}")
            print(f"    ours {got['tokens'][:20]} {got['offsets'][:20]} {text[:80]!r}")
            print(f"    want {want.tokens[:20]} {byte_offsets(line, want.offsets)[:20]} {tokenizer.decode(want.ids)[:80]!r}")
    size = sum(len(line.encode()) + 1 for line in lines) / 1e6
    print(f"{name}: {len(lines)} lines, {size:.1f} MB, different: {wrong}; MB/s: Python {size / python:.1f}, regard {size / ours:.1f}", flush=True)
    return not any(wrong.values())


def main():
    program, path, *folders = sys.argv[1:]
    raw = [line for line in pathlib.Path(path).read_bytes().split(b"\n") if not line.endswith(b"\r")]
    lines = [line.decode(errors="replace") for line in raw]
    good = True
    with tempfile.TemporaryDirectory() as work:
        for folder in folders:
            good &= compare(folder, Tokenizer.from_file(folder + "/tokenizer.json"), folder, program, raw)
        for name, tokenizer in learned(lines) if not folders else []:
            folder = pathlib.Path(work) / name
            folder.mkdir()
            tokenizer.save(str(folder / "tokenizer.json"))
            good &= compare(name, tokenizer, str(folder), program, raw)
    sys.exit(not good)


if __name__ == "__main__":
    main()
