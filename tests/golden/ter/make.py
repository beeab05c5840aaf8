#!/usr/bin/env python3
"""Writes cases.json: TER of small texts of our own making, as sacreBLEU scores them (pip install sacrebleu; 2.6.0 was used).
regard/metrics/ter_test.cc holds ours against them. Usage: make.py [OUT]"""
import json, random, sys
from pathlib import Path
from sacrebleu.metrics import TER
from sacrebleu.metrics.lib_ter import translation_edit_rate
from sacrebleu.tokenizers.tokenizer_ter import TercomTokenizer

random.seed(13)
WORDS = ("the a red green dog cat house river runs sleeps, jumps. over (under) near 3,000 1.5 10-12 \"well\" it's dogs' don't &quot;so&quot; &amp; 50% a/b "
         "Ünter ÄRGER «oui» 水 の 你好。 カタカナ ひらがな ！？ ㈠ ﹏ ㄱ ⺀ . x").split(" ")

def sentence(least=0, most=16):
    return " ".join(random.choice(WORDS) for _ in range(random.randint(least, most)))

def moved(words):
    words = list(words)
    for _ in range(random.randint(0, 4)):
        if not words: break
        a = random.randrange(len(words)); b = min(len(words), a + random.randint(1, 5)); part = words[a:b]; del words[a:b]
        at = random.randint(0, len(words)); words[at:at] = part
    return [random.choice(words) if random.random() < 0.15 else w for w in words if random.random() > 0.08]

cases, edits = [], []
def case(hyps, refs, **options):
    ter = TER(**options)
    score = ter.corpus_score(hyps, refs)
    cases.append({"hypotheses": hyps, "references": refs, "options": options, "score": score.score, "edits": score.num_edits, "reference_length": score.ref_length,
                  "settings": str(ter.get_signature()).split("|", 1)[1].rsplit("|version:", 1)[0]})

OPTIONS = [dict(zip(("normalized", "no_punct", "asian_support", "case_sensitive"), (bool(i & 1), bool(i & 2), bool(i & 4), bool(i & 8)))) for i in range(16)]
for count in (1, 8):
    for number in (1, 3):
        refs = [[sentence() for _ in range(count)]]
        refs += [[" ".join(moved(x.split(" "))) for x in refs[0]] for _ in range(number - 1)]
        hyps = [" ".join(moved(x.split(" "))) for x in refs[0]]
        for options in OPTIONS:
            case(hyps, refs, **options)
for hyp, ref in (("", ""), ("", "a b"), ("a b", ""), ("a b", "a b"), ("a b c", "c a b")):
    case([hyp], [[ref]])

# The search alone, on numbers as words: few kinds of words give many shifts (and reach the limits), long ones leave the beam.
def pair(length, kinds, how):
    ref = [random.randrange(kinds) for _ in range(length)]
    hyp = moved(ref) if how == "moved" else random.sample(ref, len(ref)) if how == "shuffled" else [random.randrange(kinds) for _ in range(random.randint(0, 2 * length))]
    edits.append([hyp, ref, translation_edit_rate([str(x) for x in hyp], [str(x) for x in ref])[0]])
for _ in range(150):
    pair(random.randint(1, 30), random.choice((3, 8, 30, 200)), random.choice(("moved", "moved", "shuffled", "other")))
for _ in range(20):
    pair(random.randint(60, 130), random.choice((20, 300)), random.choice(("moved", "shuffled", "other")))
for long, short in ((200, 1), (150, 2), (3, 160), (1, 120)):  # beyond the beam
    ref, hyp = [random.randrange(50) for _ in range(long)], [random.randrange(50) for _ in range(short)]
    edits.append([hyp, ref, translation_edit_rate([str(x) for x in hyp], [str(x) for x in ref])[0]])

CHARACTERS = "a1.,-('s $+&\"水のア、。「！％㈠㌀㿿㼢㼣䶿䷀一鿿ꀀ豈︰﹏･｡；：，．（）é "
texts = [sentence() for _ in range(30)] + ["".join(random.choice(CHARACTERS) for _ in range(random.randint(1, 18))) for _ in range(120)]
tokenized = []
for i, options in enumerate(OPTIONS[:8]):
    cut = TercomTokenizer(**options)
    tokenized.append({"options": options, "texts": [[t, cut(t.rstrip())] for t in texts[i::8] + texts[:10]]})

path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cases.json")
out = {"cases": cases, "tokenized": tokenized}
text = json.dumps(out, ensure_ascii=False, indent=0)[:-2] + ',\n"edits": [\n' + ",\n".join(json.dumps(e) for e in edits) + "\n]\n}\n"
json.loads(text)
path.write_text(text, encoding="utf8")
