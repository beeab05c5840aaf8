#!/usr/bin/env python3
"""Writes cases.json: small texts, labels and numbers of our own making, as rouge-score 0.1.2 (with nltk 3.10.4), jiwer 4.0.0, scikit-learn 1.9.1, scipy 1.17.1,
torchmetrics 1.9.0 (SQuAD) and seqeval 1.2.2 measure them (pip install those). regard/metrics/task_metrics_test.cc holds ours against them.
Usage: make.py [OUT]"""
import json, random, sys
from pathlib import Path
import jiwer, scipy.stats, sklearn.metrics
import seqeval.metrics.sequence_labeling as lenient, seqeval.metrics.v1 as strict
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer
from seqeval.scheme import IOB2, IOBES
from torchmetrics.functional.text.squad import _compute_exact_match_score, _compute_f1_score, _normalize_text

random.seed(21)
WORDS = ("the cats running runner happily relational generalization it's state-of-the-art 3,000 U.S. don't élan Straße ÜBER 水 news skies "
         "dying hopefulness a an meetings meeting agreed proposals proposal x1 I").split()
KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]

def sentence(least=0, most=12):
    return " ".join(random.choice(WORDS) for _ in range(random.randint(least, most)))

def text():
    return "\n".join(sentence(0, 8) for _ in range(random.randint(1, 4)))

def altered(text):
    return "\n".join(" ".join(random.choice(WORDS) if random.random() < 0.25 else w for w in line.split(" ") if random.random() > 0.15) for line in text.split("\n"))

rouge = []
for stemmer in (False, True):
    scorer = rouge_scorer.RougeScorer(KINDS, use_stemmer=stemmer)
    for number in (1, 1, 2, 3):
        hyps, refs = [], [[] for _ in range(number)]
        for _ in range(12):
            right = text()
            for r in refs: r.append(right if r is refs[0] else altered(right))
            hyps.append(altered(right) if random.random() < 0.9 else text())
        scores = [scorer.score_multi([r[i] for r in refs], h) for i, h in enumerate(hyps)]
        mean = lambda kind, part: 100 * sum(getattr(s[kind], part) for s in scores) / len(scores)
        rouge.append({"stemmer": stemmer, "hypotheses": hyps, "references": refs,
                      "scores": {k: [mean(k, "precision"), mean(k, "recall"), mean(k, "fmeasure")] for k in KINDS}})

STEMS = "gener relat hop fall troubl hiss fil agre fe pl conflat siz vietnam oper sensi triplic form electr good reviv allow infer airlin gyroscop adjust defens irrit replac depend adopt homolog commun activ angular effect bowdler prob rat ceas contro rol sky d l t happ enjo tr yy sy cry b ab toy x7 1a analog radic hope".split()
ENDINGS = ("s ss sses ies ied eed ed ing y ational tional enci ency anci izer bli ably alli ally entli eli ousli ization ation ator alism iveness fulness ousness aliti "
           "iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll lle lls").split()
IRREGULAR = "sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed dies died flies fly say as oed ying".split()
words = sorted({s + e for s in STEMS for e in ENDINGS} | set(STEMS) | set(IRREGULAR))
words = [w for i, w in enumerate(words) if w in IRREGULAR or i % 2 == 0]
stem = PorterStemmer().stem
stems = [[w, stem(w)] for w in words]

errors = []
def error_case(hyps, refs):
    w, c = jiwer.process_words(refs, hyps), jiwer.process_characters(refs, hyps)
    counts = lambda o: [o.hits, o.substitutions, o.deletions, o.insertions]
    errors.append({"hypotheses": hyps, "references": refs, "wer": 100 * w.wer, "words": counts(w), "cer": 100 * c.cer, "characters": counts(c)})
for count in (1, 1, 1, 1, 1, 1, 5, 20):
    refs = [sentence(1) for _ in range(count)]
    error_case([altered(r).replace("  ", " ").strip() for r in refs], refs)
error_case(["a b c"], ["c a b"]); error_case([""], ["a b"]); error_case(["b a b a b"], ["a b a b a"])

labels = []
for names, skew in ((["yes", "no"], 1), (["a", "b", "c"], 2), (["x", "y", "z", "never said", "w"], 1)):
    for _ in range(2):
        expected = [random.choice(names[:1] * skew + names) for _ in range(40)]
        predicted = [e if random.random() < 0.6 else random.choice(names[:-1]) for e in expected]
        known = sorted(set(expected) | set(predicted))
        case = {"expected": expected, "predicted": predicted, "labels": known, "accuracy": 100 * sklearn.metrics.accuracy_score(expected, predicted),
                "matthews": 100 * sklearn.metrics.matthews_corrcoef(expected, predicted),
                "confusion": sklearn.metrics.confusion_matrix(expected, predicted, labels=known).tolist(),
                "classes": [[100 * float(x) for x in row] for row in zip(*sklearn.metrics.precision_recall_fscore_support(expected, predicted, labels=known, zero_division=0)[:3])]}
        for average in ("macro", "micro", "weighted"):
            case[average] = [100 * float(x) for x in sklearn.metrics.precision_recall_fscore_support(expected, predicted, average=average, zero_division=0)[:3]]
        labels.append(case)
names = ["a", "b", "c", "d"]
several = [sorted(random.sample(names, random.randint(0, 3))) for _ in range(30)]
said = [[n for n in names if (n in s) != (random.random() < 0.2)] for s in several]
matrix = lambda rows: [[int(n in row) for n in names] for row in rows]
multi = {"expected": [", ".join(x) for x in several], "predicted": [",".join(x) for x in said], "labels": names,
         "accuracy": 100 * sklearn.metrics.accuracy_score(matrix(several), matrix(said))}
for average in ("macro", "micro", "weighted"):
    multi[average] = 100 * sklearn.metrics.f1_score(matrix(several), matrix(said), average=average, zero_division=0)

numbers = []
for count in (3, 12, 50):
    x = [round(random.gauss(2000, 3), 1) for _ in range(count)]
    y = [round(a / 2 + random.gauss(0, 1)) for a in x]
    numbers.append({"predicted": x, "expected": y, "pearson": scipy.stats.pearsonr(x, y).statistic, "spearman": scipy.stats.spearmanr(x, y).statistic,
                    "squared": sklearn.metrics.mean_squared_error(y, x), "absolute": sklearn.metrics.mean_absolute_error(y, x)})

ANSWERS = ["", "the", "The Cat!", "cat", "a cat and an apple", "an apple", "theory", "a.b.c.", "U.S. a", "1,000 men", "Ünter a–b", "the–end", "the  the cat\u00a0sat", "水 a 水", "a水", "“The” end",
           "don't stop", "dont stop", "state-of-the-art", "A", "x_the_y", "thé the"]
squad = [[a, b, int(_compute_exact_match_score(a, b)), round(float(_compute_f1_score(a, b)), 6)] for a in ANSWERS for b in ANSWERS]
normalized = [[a, _normalize_text(a)] for a in ANSWERS]

entities = []
for scheme, prefixes, cls in ((None, "BI", None), (None, "BIES", None), ("iob2", "BI", IOB2), ("bioes", "BIES", IOBES)):
    for _ in range(3):
        tag = lambda: "O" if random.random() < 0.4 else f"{random.choice(prefixes)}-{random.choice(['PER', 'LOC', 'MISC'])}"
        expected = [[tag() for _ in range(random.randint(1, 12))] for _ in range(15)]
        predicted = [[t if random.random() < 0.8 else tag() for t in row] for row in expected]
        measure, how = (strict, {"scheme": cls}) if cls else (lenient, {})
        case = {"scheme": scheme or "any", "expected": [" ".join(r) for r in expected], "predicted": [" ".join(r) for r in predicted]}
        for average in ("macro", "micro", "weighted"):
            case[average] = [100 * float(x) for x in measure.precision_recall_fscore_support(expected, predicted, average=average, zero_division=0, **how)[:3]]
        entities.append(case)

out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "cases.json")
out.write_text(json.dumps({"rouge": rouge, "stems": stems, "errors": errors, "labels": labels, "multi": multi, "numbers": numbers, "squad": squad, "entities": entities,
                           "normalized": normalized}, ensure_ascii=False, separators=(",", ":")) + "\n")
