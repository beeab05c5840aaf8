"""Compares `regard embed` with sentence-transformers' formula (mean over tokens, divided by its length) computed by
PyTorch and transformers, and the time both take for the same sentences in one run.

needs: pip install torch transformers
usage: python bench/compare_embed.py MODEL TEXT [--regard PROGRAM] [--threads 2] [--batch 32] [--rounds 3]
Prints the largest difference of a number, and sentences a second of both: tokenizing, computing, in batches sorted by
length. Regard's time is the whole program's less that for one sentence (its start), as PyTorch's is without its start. The two
alternate, and the last line is what bench/compare.py makes of them.
"""
import argparse, json, pathlib, statistics, subprocess, tempfile, time

import compare

parser = argparse.ArgumentParser()
parser.add_argument("model"), parser.add_argument("text")
parser.add_argument("--regard", default="regard"), parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--batch", type=int, default=32), parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()

import torch, transformers

torch.set_num_threads(options.threads)
lines = pathlib.Path(options.text).read_text().splitlines()
limits = pathlib.Path(options.model) / "sentence_bert_config.json"
longest = json.loads(limits.read_text())["max_seq_length"] if limits.exists() else 512
tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
model = transformers.AutoModel.from_pretrained(options.model).eval()


@torch.inference_mode()
def theirs():
    order = sorted(range(len(lines)), key=lambda i: -len(lines[i]))
    rows = [None] * len(lines)
    for at in range(0, len(order), options.batch):
        some = order[at:at + options.batch]
        inputs = tokenizer([lines[i] for i in some], padding="longest", truncation=True, max_length=longest,
                           return_tensors="pt")
        states, mask = model(**inputs).last_hidden_state, inputs["attention_mask"][..., None].float()
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        for i, row in zip(some, torch.nn.functional.normalize(mean, dim=1)):
            rows[i] = row
    return torch.stack(rows)


def ours(file):
    command = [options.regard, "embed", options.model, file, "--threads", str(options.threads), "--quiet",
               "--batch-size", str(options.batch)]
    begin = time.perf_counter()
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - begin, text


expected = theirs()
with tempfile.NamedTemporaryFile("w", suffix=".txt") as one:
    one.write(lines[0] + "\n"), one.flush()
    start = statistics.median(ours(one.name)[0] for _ in range(options.rounds))
    text = ours(options.text)[1]

    def peer():
        begin = time.perf_counter()
        theirs()
        return len(lines) / (time.perf_counter() - begin)
    figures = compare.alternate({"ours": lambda: len(lines) / (ours(options.text)[0] - start), "peer": peer}, options.rounds)
found = torch.tensor([[float(x) for x in line.split()] for line in text.splitlines()])
assert found.shape == expected.shape, (found.shape, expected.shape)
print(f"largest difference {float((found - expected).abs().max()):.2e} of {len(lines)} sentences")
result = compare.paired(figures["ours"], figures["peer"])
print(f"sentences/s: regard {result['ours_median']:.0f}, PyTorch {result['peer_median']:.0f}, ratio {result['ratio']:.2f}")
print(json.dumps(result))
