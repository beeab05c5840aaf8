#!/usr/bin/env python3
"""Writes character_classes.inc, word_classes.inc, character_lowercase.inc and scripts.inc of regard/text: what the Python package
`tokenizers` takes for white space, punctuation, letters and so on.

Its parts stand on different versions of Unicode, so that no one table of Unicode's gives the same answers: the
package is asked, character by character. Needs Python 3 and `tokenizers` (0.23.3 when the tables were made)."""
import pathlib
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "regard" / "text"
CODES = [c for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]


def ranges(codes):
    found = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def removed_by(splitter, left="a", right="a"):
    """Codes that `splitter` takes out of left + code + right."""
    return [c for c in CODES if chr(c) not in "".join(p for p, _ in splitter.pre_tokenize_str(left + chr(c) + right))]


def dropped_by(normalizer):
    return [c for c in CODES if normalizer.normalize_str("a" + chr(c) + "a") == "aa"]


def matching(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    return [c for c in CODES if not split.pre_tokenize_str(chr(c))]


def write(name, lines):
    text = f"// Made by tools/make_character_classes.py from tokenizers {tokenizers.__version__}.\n"
    (FOLDER / name).write_text(text + "\n".join(lines) + "\n")


def packed(rows, width=104):
    lines, line = [], ""
    for row in rows:
        if line and len(line) + len(row) + 2 > width:
            lines.append(line)
            line = ""
        line += (" " if line else "") + row + ","
    return lines + [line]


def scripts():
    """Runs of one script: (first, last, number); a code that takes any neighbor has none."""
    splitter = pre_tokenizers.UnicodeScripts()

    def same(a, b):
        return len(splitter.pre_tokenize_str(a + b)) == 1

    def neutral(c):  # fits between a Latin and a Cyrillic neighbor alike
        return same("a", chr(c)) and same("б", chr(c))

    groups, found = [], []
    for c in CODES:
        if neutral(c):
            continue
        if found and found[-1][1] == c - 1 and same(chr(c - 1), chr(c)):
            found[-1][1] = c
            continue
        for number, first in enumerate(groups):
            if same(first, chr(c)):
                break
        else:
            number = len(groups)
            groups.append(chr(c))
        found.append([c, c, number])
    return found


def main():
    marks = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    white = set(removed_by(pre_tokenizers.WhitespaceSplit()))
    # \w+|[^\w\s]+ keeps a word together with a letter before it.
    whole = pre_tokenizers.Whitespace()
    classes = {
        "white_space": sorted(white),
        "word": [c for c in CODES if len(whole.pre_tokenize_str("a" + chr(c))) == 1 and c not in white],
        "punctuation": removed_by(pre_tokenizers.Punctuation("removed")),
        "numeric": [c for c in CODES if len(pre_tokenizers.Digits().pre_tokenize_str("1" + chr(c))) == 1],
        "other": dropped_by(clean),
        "nonspacing_mark": dropped_by(marks),
        "combining_mark": dropped_by(normalizers.StripAccents()),
        "letter": matching(r"\p{L}"),
        "number": matching(r"\p{N}"),
    }
    assert white == set(matching(r"\s"))
    forms = {"NFD": normalizers.NFD(), "NFKD": normalizers.NFKD()}
    # What Unicode takes apart, or puts in order, and the package, whose forms are those of an older Unicode, does not.
    classes["whole"] = [c for c in CODES if unicodedata.normalize("NFKD", chr(c)) != forms["NFKD"].normalize_str(chr(c))]
    classes["whole"] += range(0x1E030, 0x1E06E)  # of Unicode 15, which Python may not know
    classes["unordered_mark"] = []
    for c in CODES:
        order = unicodedata.combining(chr(c))
        text = "\u030e" + chr(c) if order < 230 else chr(c) + "\u0323"
        if order and not unicodedata.decomposition(chr(c)):
            if unicodedata.normalize("NFD", text) != forms["NFD"].normalize_str(text):
                classes["unordered_mark"].append(c)
    of_words = ("word", "letter")
    for name, chosen in (
        ("word_classes.inc", of_words),
        ("character_classes.inc", [c for c in classes if c not in of_words]),
    ):
        rows = [f"{{0x{a:X}, 0x{b:X}, {c}}}" for c in chosen for a, b in ranges(classes[c])]
        write(name, packed(rows))

    lower = normalizers.Lowercase()
    runs = []
    for c in CODES:
        small = lower.normalize_str(chr(c))
        if small == chr(c) or len(small) != 1:
            continue
        distance = ord(small) - c
        last = runs[-1] if runs else None
        if last and last[2] == distance and (c - last[1] == last[3] or (last[0] == last[1] and c - last[1] in (1, 2))):
            last[3] = c - last[1]
            last[1] = c
        else:
            runs.append([c, c, distance, 1])
    write("character_lowercase.inc", packed(f"{{0x{a:X}, 0x{b:X}, {d}, {s}}}" for a, b, d, s in runs))
    longer = [hex(c) for c in CODES if len(lower.normalize_str(chr(c))) != 1]
    assert longer == ["0x130"], longer
    write("scripts.inc", packed(f"{{0x{a:X}, 0x{b:X}, {n}}}" for a, b, n in scripts()))


if __name__ == "__main__":
    main()
