"""Splits a file in SQuAD's form by article: every fourth article is for testing. Prints the right answers to the questions
of the testing part, a question a line, several parted by TABs.

usage: split_squad.py FILE.json TRAIN.json TEST.json
"""
import json
import sys

if len(sys.argv) != 4:
    sys.exit(__doc__)
data = json.load(open(sys.argv[1], encoding="utf-8"))
for path, chosen in ((sys.argv[2], lambda i: i % 4 != 3), (sys.argv[3], lambda i: i % 4 == 3)):
    articles = [article for i, article in enumerate(data["data"]) if chosen(i)]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"version": data.get("version", "1.1"), "data": articles}, file, ensure_ascii=False)
    count = sum(len(p["qas"]) for a in articles for p in a["paragraphs"])
    print(path, len(articles), "articles,", count, "questions", file=sys.stderr)
for question in (q for a in articles for p in a["paragraphs"] for q in p["qas"]):
    print("\t".join(a["text"].replace("\n", " ") for a in question["answers"]))
