#!/usr/bin/env python3
"""Prints the table of regard/text/lowercase_table.inc: code points whose lower case is one other code point, as ranges
{first, last, distance, step}. From the Unicode data of the Python that runs it (3.11: Unicode 14)."""
import unicodedata

pairs = [(c, ord(chr(c).lower())) for c in range(0x110000)
         if not 0xD800 <= c < 0xE000 and len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)]
ranges = []
for code, lower in pairs:
    if ranges:
        first, last, distance, step = ranges[-1]
        gap = code - last
        if distance == lower - code and (gap == step or (first == last and gap in (1, 2))):
            ranges[-1] = (first, code, distance, gap)
            continue
    ranges.append((code, code, lower - code, 1))
print(f"// Made by tools/make_lowercase_table.py from Unicode {unicodedata.unidata_version}.")
cells = ["{0x%X, 0x%X, %d, %d}," % r for r in ranges]
for i in range(0, len(cells), 4):
    print(" ".join(cells[i:i + 4]))
