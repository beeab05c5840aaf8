"""Restaurant8k (Coope et al. 2020), slots as spans of an utterance, for `regard train token-classification` and back.

usage: restaurant8k.py conll DATA.json > FILE        words with tags, for training
       restaurant8k.py words DATA.json > FILE        a line of words for each utterance, for `regard tag --input words`
       restaurant8k.py score DATA.json TAGGED        span F1 (slot, first and last character all right), micro average;
                                                     TAGGED is what `regard tag` printed for those lines

What the system had asked for stands before the utterance, as the words "time :". Words are runs of letters or of digits,
and single marks; 0.8 % of the training set's spans begin or end within such a word and cannot be found.
"""
import json
import re
import sys


def utterances(path):
    for item in json.load(open(path, encoding="utf-8")):
        text = item["userInput"]["text"]
        slots = [(l["slot"], l["valueSpan"].get("startIndex", 0), l["valueSpan"]["endIndex"])
                 for l in item.get("labels", []) if "valueSpan" in l]
        asked = item.get("context", {}).get("requestedSlots", [])
        yield text, slots, asked


def words_of(text):
    return [(m.group(), m.start(), m.end()) for m in re.finditer(r"\d+|[^\W\d]+|[^\w\s]", text)]


def prefix(asked):
    return [w for slot in sorted(asked) for w in slot.split("_")] + [":"]


def tags_of(words, slots):
    tags = ["O"] * len(words)
    for slot, begin, end in slots:
        first = True
        for i, (_, b, e) in enumerate(words):
            if b < end and e > begin:
                tags[i] = ("B-" if first else "I-") + slot
                first = False
    return tags


def spans_of(words, tags):
    spans, before = [], "O"
    for (_, begin, end), tag in zip(words, tags):
        if tag[0] == "I" and before[2:] == tag[2:]:
            spans[-1][2] = end
        elif tag != "O":
            spans.append([tag[2:], begin, end])
        before = tag
    return {tuple(span) for span in spans}


def main():
    mode, path = sys.argv[1:3]
    if mode == "conll":
        for text, slots, asked in utterances(path):
            words = words_of(text)
            if not words:
                continue
            for word in prefix(asked):
                print(word, "O", sep="\t")
            for (word, _, _), tag in zip(words, tags_of(words, slots)):
                print(word, tag, sep="\t")
            print()
    elif mode == "words":
        for text, _, asked in utterances(path):
            print(" ".join(prefix(asked) + [w for w, _, _ in words_of(text)]))
    elif mode == "score":
        blocks = open(sys.argv[3], encoding="utf-8").read().split("\n\n")
        found = right = both = 0
        for (text, slots, asked), block in zip(utterances(path), blocks):
            words, lines = words_of(text), block.split("\n")
            skip = len(prefix(asked))
            assert len(lines) == skip + len(words), (text, block)
            guess = spans_of(words, [line.rsplit("\t", 1)[1] for line in lines[skip:]])
            truth = set(slots)
            found, right, both = found + len(guess), right + len(truth), both + len(guess & truth)
        print(f"precision {100 * both / found:.2f} recall {100 * both / right:.2f} span F1 {200 * both / (found + right):.2f}"
              f" ({right} spans)")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
