#!/usr/bin/env python3
"""Writes cases.json: BLEU of small texts of our own making, as sacreBLEU scores them (pip install sacrebleu; 2.6.0 was
used). regard/metrics/bleu_test.cc holds ours against them. Usage: make.py [OUT]"""
import json, random, sys
from pathlib import Path
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from sacrebleu.tokenizers.tokenizer_char import TokenizerChar
from sacrebleu.tokenizers.tokenizer_intl import TokenizerV14International
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

random.seed(7)
WORDS = ("the a red green dog cat house river runs sleeps, jumps. over under near 3,000 1.5 10-12 2-fold \"well\" it's don't "
         "&quot;so&quot; &amp; &lt;b&gt; (and) [or] state-of-the-art 50% $5 a/b Ünter Öl ÄRGER Straße été «oui» … – U.S. no.1 "
         "x.y .5 5. ,, ... 水 の <skipped> A_B #tag @me ~ ^ * + = { } | \\ `code` 1,2,3 v1.2.3 end-").split()
HARD = ["", " ", ".", "...", "1.", ".1", "a.", ".a", "a.b", "1.b", "a.1", "1,000,000.00", "1-2", "1-a", "a-1", "1--2", "5-", "-5", "..a..",
        "a,.b", "&amp;lt;", "&ampquot;", "<skipped>x", "tab\tand\u00a0space\u3000wide", "a\u0085b\u2028c", "é.é", "水。水", "x\u001cy", "'quoted'",
        "don't", "``x''", "e.g., i.e.", "http://a.b/c?d=e&f=g", "100%,", "$1,000.", "(1.5)", "1.5.", "a\u200bb", "😀.😀", "- x -", "x-\u00e9"]

def sentence(least=0, most=18):
    return " ".join(random.choice(WORDS) for _ in range(random.randint(least, most)))

def altered(text):
    words = text.split()
    return " ".join(random.choice(WORDS) if random.random() < 0.25 else w for w in words if random.random() > 0.1)

cases = []
def case(hyps, refs, **options):
    bleu = BLEU(**options)
    s = bleu.corpus_score(hyps, refs)
    cases.append({"hypotheses": hyps, "references": refs, "options": options, "score": s.score, "correct": [int(x) for x in s.counts] if options.get("smooth_method") != "add-k" else [],
                  "precisions": s.precisions, "brevity_penalty": s.bp, "hypothesis_length": s.sys_len, "reference_length": s.ref_len,
                  "signature": str(bleu.get_signature()).rsplit("|version:", 1)[0]})

for count in (1, 2, 7, 25):
    for number in (1, 2, 3):
        refs = [[sentence(0 if count > 2 else 3) for _ in range(count)]]
        refs += [[altered(x) for x in refs[0]] for _ in range(number - 1)]
        hyps = [altered(x) for x in refs[0]]
        for options in ({}, {"tokenize": "intl"}, {"tokenize": "zh"}, {"tokenize": "char"}, {"lowercase": True}, {"tokenize": "none"}, {"smooth_method": "none"}, {"smooth_method": "floor"}, {"smooth_method": "floor", "smooth_value": 0.5},
                        {"smooth_method": "add-k"}, {"effective_order": True}, {"max_ngram_order": 2}, {"max_ngram_order": 6}):
            case(hyps, refs, **options)
case([x.upper() for x in WORDS], [WORDS], lowercase=True)
case(["a", "b c"], [["a", "b c"]], effective_order=True)
case(["", ""], [["a", "b"]])
case(["x y"], [["a b"]])
case(["a b c d e"], [["a b x d e"]])

tokenize = Tokenizer13a()
texts = HARD + [sentence() for _ in range(40)] + ["".join(random.choice("a1.,- '&;é<水\t") for _ in range(random.randint(1, 14))) for _ in range(150)]
# Of every kind that the tables of the other tokenizers tell apart, and characters beside the edges of their ranges.
EDGES = [0x2000, 0x2001, 0x2010, 0x2018, 0x201C, 0x2026, 0x20AC, 0x2190, 0x2A6D, 0x2A6E, 0x2E7F, 0x2E80, 0x2EFF, 0x2F00, 0x2F80, 0x2F81, 0x2FA1, 0x2FDF,
         0x2FE0, 0x2FF0, 0x3000, 0x3001, 0x303F, 0x3040, 0x3042, 0x30A2, 0x30FB, 0x3100, 0x312F, 0x3130, 0x31A0, 0x31BF, 0x31C0, 0x31EF, 0x31F0, 0x3200,
         0x33FF, 0x3400, 0x4DB5, 0x4DB6, 0x4DFF, 0x4E00, 0x9FBB, 0x9FBC, 0xAC00, 0xF8FF, 0xF900, 0xFA2D, 0xFA2E, 0xFA30, 0xFA6A, 0xFA6B, 0xFA70, 0xFAD9,
         0xFADA, 0xFE10, 0xFE1F, 0xFE20, 0xFE30, 0xFE4F, 0xFE50, 0xFF00, 0xFF0C, 0xFF11, 0xFF21, 0xFFEF, 0xFFF0, 0x20000, 0x2A6D6, 0x2F800, 0x1F600]
mixed = "a1.,-('$+€²½٣Ⅷ«»¿、。「，！％水火とア한é\u0301_^~°§\u00a0 \u3000\t😀𝟙"
texts_by = texts + [f"x{chr(c)}1{chr(c)}{chr(c)} {chr(c)}" for c in EDGES] + ["".join(random.choice(mixed) for _ in range(random.randint(1, 20))) for _ in range(200)]
# As they are called: without white space at the end.
texts_by = [t.rstrip() for t in texts_by]
by_category = [t for t in texts_by if chr(0x31EF) not in t]  # which Unicode 15 does not know and later versions call a symbol
by = {n: [[x, t(x)] for x in of] for n, t, of in (("intl", TokenizerV14International(), by_category), ("zh", TokenizerZh(), texts_by))}
by["char"] = [[x, " ".join(TokenizerChar()(x).split())] for x in texts_by]
out = {"cases": cases, "tokenized": [[t, tokenize(t)] for t in texts], "tokenized_by": by}
path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cases.json")
path.write_text(json.dumps(out, ensure_ascii=False, indent=0) + "\n", encoding="utf8")
