"""Compares one thread of `regard tokenize --ids` with one of the Python package `tokenizers` (its `encode_batch`) on the same
text, for tokenizers of each kind, in pairs that alternate. A run's time is its whole process less that on the first line
alone: what remains is tokenizing, and on either side writing the ids to a pipe.

needs: pip install tokenizers
usage: python bench/compare_tokenizers.py TEXT FOLDER... [--regard PROGRAM] [--pairs 5]
TEXT: one item a line (tests/golden/tokenizers/mixed_text.py makes one); a FOLDER holds a tokenizer.json.
"""
import argparse, os, pathlib, subprocess, sys, tempfile, time

import compare

PEER = """
import sys, tokenizers
tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation(), tokenizer.no_padding()
lines = [line.decode(errors="replace") for line in open(sys.argv[2], "rb").read().split(b"\\n")[:-1]]
for at in range(0, len(lines), 4096):
    sys.stdout.write("".join(" ".join(map(str, e.ids)) + "\\n" for e in tokenizer.encode_batch(lines[at:at + 4096])))
"""

parser = argparse.ArgumentParser()
parser.add_argument("text"), parser.add_argument("folders", nargs="+")
parser.add_argument("--regard", default="regard"), parser.add_argument("--pairs", type=int, default=5)
options = parser.parse_args()
environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}


def seconds(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - begin


def rate(command, first):
    return megabytes / (seconds(command(options.text)) - seconds(command(first)))


megabytes = pathlib.Path(options.text).stat().st_size / 1e6
print(f"load {os.getloadavg()[0]:.1f}")
with tempfile.NamedTemporaryFile() as one, tempfile.NamedTemporaryFile() as valid:
    valid.write(pathlib.Path(options.text).read_bytes().decode(errors="replace").encode()), valid.flush()
    options.text = valid.name  # the program refuses what is no UTF-8
    with open(options.text, "rb") as text:
        one.write(text.readline()), one.flush()
    for folder in options.folders:
        ours, peer = [], []
        sides = [(ours, lambda file: [options.regard, "tokenize", folder, "--ids", "--threads", "1", "--quiet", file]),
                 (peer, lambda file: [sys.executable, "-c", PEER, folder + "/tokenizer.json", file])]
        for pair in range(options.pairs):
            for figures, command in sides[::1 if pair % 2 == 0 else -1]:
                figures.append(rate(command, one.name))
        found = compare.paired(ours, peer)
        low, high = found["ratio_95"] or (float("nan"),) * 2
        print(f"{folder}: MB/s: regard {found['ours_median']:.2f}, tokenizers {found['peer_median']:.2f}, "
              f"ratio {found['ratio']:.2f} [{low:.2f}, {high:.2f}]", flush=True)
print(f"load {os.getloadavg()[0]:.1f}")
