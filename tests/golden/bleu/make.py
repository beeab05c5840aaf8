#!/usr/bin/env python3
"""Writes cases.json: BLEU of small texts of our own making, as sacreBLEU scores them (pip install sacrebleu; 2.6.0 was
used). regard/metrics/bleu_test.cc holds ours against them. Usage: make.py [OUT]"""
import json, random, sys
from pathlib import Path
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

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
        for options in ({}, {"lowercase": True}, {"tokenize": "none"}, {"smooth_method": "none"}, {"smooth_method": "floor"}, {"smooth_method": "floor", "smooth_value": 0.5},
                        {"smooth_method": "add-k"}, {"effective_order": True}, {"max_ngram_order": 2}, {"max_ngram_order": 6}):
            case(hyps, refs, **options)
case([x.upper() for x in WORDS], [WORDS], lowercase=True)
case(["a", "b c"], [["a", "b c"]], effective_order=True)
case(["", ""], [["a", "b"]])
case(["x y"], [["a b"]])
case(["a b c d e"], [["a b x d e"]])

tokenize = Tokenizer13a()
texts = HARD + [sentence() for _ in range(40)] + ["".join(random.choice("a1.,- '&;é<水\t") for _ in range(random.randint(1, 14))) for _ in range(150)]
out = {"cases": cases, "tokenized": [[t, tokenize(t)] for t in texts]}
path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cases.json")
path.write_text(json.dumps(out, ensure_ascii=False, indent=0) + "\n", encoding="utf8")
