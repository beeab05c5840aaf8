"""Makes cases.json: what seqeval takes for entities in drawn sequences of tags, in its default mode ("any") and by its schemes.

needs: pip install seqeval (made with 1.2.2)
usage: python tests/golden/tags/make.py
"""
import json
import pathlib
import random

from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Tokens

SCHEMES = {"any": ("BIESO", None), "iob1": ("BIO", IOB1), "iob2": ("BIO", IOB2), "bioes": ("BIESO", IOBES),
           "bilou": ("BILUO", BILOU)}


def entities(tags, scheme):
    if scheme is None:
        return [[label, begin, last + 1] for label, begin, last in get_entities(tags)]
    return [[e.tag, e.start, e.end] for e in Tokens(tags, scheme).entities]


random.seed(7)
cases = []
for name, (letters, scheme) in SCHEMES.items():
    for _ in range(150):
        prefixes = random.choices(letters, k=random.randint(1, 9))
        tags = ["O" if p == "O" else p + random.choice(["-X", "-Y-Z"]) for p in prefixes]
        cases.append({"scheme": name, "tags": tags, "entities": entities(tags, scheme)})
text = ",\n".join(json.dumps(case) for case in cases)
pathlib.Path(__file__).with_name("cases.json").write_text('{"cases": [\n' + text + "\n]}\n")
