#!/usr/bin/env python3
"""Makes a text of all that a tokenizer meets, for compare.py and bench/compare_tokenizers.py: lines of the files given, in
turn by their share, drawn by chance but always the same; and lines of our own: emoji of several code points, combining marks,
white space of all kinds, characters from all of Unicode, text with bytes that are no UTF-8.

  mixed_text.py OUT MEGABYTES FILE...      (.gz is read as such; of .json all strings)
"""
import gzip
import json
import pathlib
import random
import sys

EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇨🇳", "❤️", "1️⃣", "🧑🏿‍🚀", "🤷‍♀️", "😀", "🫠", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☕", "✨"]
SPACES = [" ", "  ", "\t", "\u00a0", "\u2003", "\u3000", "\u200b", "\u2028", "\u0085", "\r", "\x0b", "\u202f", "\ufeff"]
BAD = [b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80", b"\xfe\xff", b"\xe0\x80\x80"]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def lines_of(path):
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    text = data.decode(errors="replace")
    lines = "\n".join(strings(json.loads(text))).split("\n") if path.suffix == ".json" else text.split("\n")
    return [line for line in lines if line]


def anywhere(draw):
    """A code point of any plane, assigned or not, that UTF-8 can hold."""
    while True:
        code = draw.choice([draw.randrange(0x20, 0x3000), draw.randrange(0x20, 0x10000), draw.randrange(0x10000, 0x20000),
                            draw.randrange(0x20000, 0x110000)])
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def own(draw, line):
    kind = draw.randrange(5)
    words = line.split(" ")
    place = draw.randrange(len(words) + 1)
    if kind == 0:
        words[place:place] = ["".join(draw.choices(EMOJI, k=draw.randrange(1, 5)))]
    elif kind == 1:
        words[place:place] = ["".join(c + chr(draw.randrange(0x300, 0x370)) * draw.randrange(3) for c in draw.choice(words))]
    elif kind == 2:
        return draw.choice(SPACES) + "".join(w + "".join(draw.choices(SPACES, k=draw.randrange(1, 4))) for w in words).rstrip("\r")
    elif kind == 3:
        return "".join(anywhere(draw) for _ in range(draw.randrange(1, 60))).replace("\r", "").replace("\n", "")
    else:
        data = bytearray(line.encode())
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(data) + 1)
            data[at:at] = draw.choice(BAD)
        return bytes(data)
    return " ".join(words)


def main():
    out, size, *files = sys.argv[1:]
    draw = random.Random(7)
    texts = [lines_of(pathlib.Path(f)) for f in files]
    made, wanted, result = 0, float(size) * 1e6, []
    while made < wanted:
        line = draw.choice(draw.choice(texts))
        if draw.random() < 0.08:
            line = own(draw, line[:2000])
        data = line if isinstance(line, bytes) else line.encode()
        result.append(data)
        made += len(data) + 1
    pathlib.Path(out).write_bytes(b"\n".join(result) + b"\n")


if __name__ == "__main__":
    main()
