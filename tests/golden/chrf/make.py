#!/usr/bin/env python3
"""Writes cases.json: chrF and chrF++ of small texts of our own making, as sacreBLEU scores them (pip install sacrebleu; 2.6.0
was used). regard/metrics/chrf_test.cc holds ours against them. Usage: make.py [OUT]"""
import json, random, sys
from pathlib import Path
from sacrebleu.metrics import CHRF

random.seed(11)
WORDS = ("the a red green dog cat house river runs sleeps, jumps. over (under) near 3,000 \"well\" it's -- don't 50% a/b Ünter ÄRGER Straße «oui» … "
         "水 の 你好。 слово ΣΊΣΥΦΟΣ !? . x 😀 é́ tab\tword nb\u00a0sp").split(" ")

def sentence(least=0, most=14):
    return " ".join(random.choice(WORDS) for _ in range(random.randint(least, most)))

def altered(text):
    words = text.split(" ")
    return " ".join(random.choice(WORDS) if random.random() < 0.25 else w for w in words if random.random() > 0.1)

cases = []
def case(hyps, refs, **options):
    chrf = CHRF(**options)
    score = chrf.corpus_score(hyps, refs)
    cases.append({"hypotheses": hyps, "references": refs, "options": options, "score": score.score, "label": score.name,
                  "sentences": [chrf.sentence_score(h, [r[i] for r in refs]).score for i, h in enumerate(hyps)],
                  "settings": str(chrf.get_signature()).split("|", 1)[1].rsplit("|version:", 1)[0]})

OPTIONS = ({}, {"word_order": 2}, {"word_order": 1, "beta": 1}, {"char_order": 3}, {"lowercase": True, "word_order": 2}, {"whitespace": True},
           {"eps_smoothing": True}, {"eps_smoothing": True, "word_order": 2}, {"char_order": 8, "word_order": 3, "beta": 3})
for count in (1, 3, 12):
    for number in (1, 2, 3):
        refs = [[sentence() for _ in range(count)]]
        refs += [[altered(x) for x in refs[0]] for _ in range(number - 1)]
        hyps = [altered(x) for x in refs[0]]
        for options in OPTIONS:
            case(hyps, refs, **options)
for hyp, ref in (("", ""), ("", "a"), ("a", ""), ("ab", "ab"), ("a b", "ab"), ("(hi)", "hi"), ("'tis.", "tis"), ("ABC", "abc"), ("水", "火")):
    for options in OPTIONS:
        case([hyp], [[ref]], **options)

path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cases.json")
path.write_text(json.dumps({"cases": cases}, ensure_ascii=False, indent=0) + "\n", encoding="utf8")
