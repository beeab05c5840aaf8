"""Runs `regard bench` and a peer in turn on the work of the goals in docs/performance.md, and writes the table's rows.

needs: pip install torch transformers ctranslate2 (llama-cpp-python and gguf for the row llama.cpp)
usage: goals.py --peers FOLDER --models FOLDER [--regard PROGRAM] [--rows gemm,train,...] [--pairs 5] [--threads 2]
                [--python PROGRAM]
                [--json FILE]

--peers holds the peers' scripts (gemm.py, train_gpt.py, encode_bert.py, attention.py, translate_ct2.py, decode_lm.py,
decode_llamacpp.py), each printing a line for every piece of work; --models the checkpoints that they read, with random weights in
the same shapes. Each pair of processes gives all figures of a row; how they are compared: bench/compare.py. Printed is a line of
Markdown for every figure: ours and the peer's median, the ratio (above 1: ours is faster) and its 95 % interval; with --json all
the pairs are added to FILE.

Ours are medians of a process; of attention and decoding the peers' scripts print their best run, which favors them.
"""
import argparse, dataclasses, json, shlex

import compare

GEMM = ["512x512x512", "512x768x768", "512x3072x768", "512x768x3072", "2048x2048x512", "2048x512x2048", "4096x3072x768",
        "4096x768x3072"]
SMALL, BABY = "GPT 4 layers d 128 T 64 B 12", "GPT 6 layers d 384 T 256 B 4"
BERT = "BERT 12 layers d 768 batch "
MARIAN = "Marian 6 + 6 layers d 512 beam 4 batch 32"


# A character model of 8 layers and width 512, 100 MB: made by an update of Regard's where it is missing.
START = ("[ -d {models}/start ] || (seq 1 2000 > {models}/start.txt; {regard} train text-generation --quiet --level char --train {models}/start.txt "
         "--output {models}/start --set n_embd=512 --set n_layer=8 --set n_head=8 --set n_positions=64 --set max_steps=1); "
         "echo 12 | {regard} generate {models}/start --max-new-tokens 1 --quiet")


@dataclasses.dataclass
class Figure:
    label: str
    ours: str  # see compare.py
    peer: str
    factor: float = 1  # makes the peer's unit ours
    less_is_better: bool = False


@dataclasses.dataclass
class Row:
    ours: str
    peer: str
    figures: list


def seconds(work, shape, dtype="f32"):
    return f"seconds@work={work},shape={shape},dtype={dtype}"


def rate(work, shape, dtype="f32"):
    return f"rate@work={work},shape={shape},dtype={dtype}"


def bench(work, options=""):
    return f"{{regard}} bench {work} --json --threads {{threads}} {options}"


def peer(script, options=""):
    return f"{{python}} {{peers}}/{script} --threads {{threads}} {options}"


def attention(length):
    def of(name, causal, gradient):
        kind, pass_ = ("causal", " causal") if causal else ("full", "")
        what = "forward\\+backward" if gradient else "forward"
        return Figure(f"attention T {length} {name}", seconds("attention", f"T {length} H 8 D 64{pass_}" + " with gradient" * gradient),
                      rf"/T +{length} float32 +{kind}.* {what} +([0-9.]+) ms/", 1e-3, True)
    return Row(bench("attention", f"--seconds 0 --dtype f32 --lengths {length}"),
               peer("attention.py", f"--lengths {length} --dtype float32 --runs 3"),
               [of("forward", False, False), of("forward, causal", True, False), of("with gradient", False, True),
                of("with gradient, causal", True, True)])


def training(name, shape, config):
    return Row(bench("train", "--dtype f32"), peer("train_gpt.py", f"--config {config} --modes f32 --steps 20"),
               [Figure(f"training step, {name}, f32", rate("train", shape), "/ ([0-9]+) tokens.s/")])


def rows():
    return {
        "gemm": Row(bench("gemm", "--dtype f32"), peer("gemm.py"),
                    [Figure(f"linear {s} f32", rate("gemm", s), rf"/{s} +float32 +[0-9]+. *([0-9]+)/") for s in GEMM]),
        "train": training("small GPT", SMALL, "cpu"),
        "train-10.7M": training("10.7 M GPT", BABY, "baby"),
        "encode": Row(bench("encode", "--dtype f32"), peer("encode_bert.py", "--modes f32"),
                      [Figure("BERT-base 8 x 128, f32", seconds("encode", BERT + "8 x 128"), "/full .*median +([0-9.]+) ms/", 1e-3, True),
                       Figure("BERT-base half-padded, f32", seconds("encode", BERT + "8 x up to 128"), "/padded .*median +([0-9.]+) ms/",
                              1e-3, True)]),
        "attention-4096": attention(4096),
        "attention-8192": attention(8192),
        "attention-16384": attention(16384),
        "translate-f32": Row(bench("translate", "--dtype f32"), peer("translate_ct2.py", "{models} --types float32"),
                             [Figure("Transformer-base, f32", rate("translate", MARIAN), "/ ([0-9]+) tokens.s/")]),
        "translate-int8": Row(bench("translate", "--dtype int8"), peer("translate_ct2.py", "{models} --types int8"),
                              [Figure("Transformer-base, int8", rate("translate", MARIAN, "int8"), "/ ([0-9]+) tokens.s/")]),
        "decode": Row(bench("decode", "--dtype f32"), peer("decode_lm.py", "{models} --dtypes float32"),
                      [Figure(f"{what} {name}, f32", rate(what, f"{shape} layers d 768 {after} 128"),
                              rf"/{peer} float32.*{what} ([0-9.]+) tokens/")
                       for name, shape, peer in (("GPT-2 124M", "GPT-2 12", "gpt2-124m"), ("Llama 160M", "Llama 12", "llama-160m"))
                       for what, after in (("prompt", "prompt"), ("decode", "after"))]),
        "llama.cpp": Row(bench("decode"), peer("decode_llamacpp.py", "{models} --formats f32,bf16,q8_0"),
                         [Figure(f"{what} Llama 160M, {ours} beside {theirs} of llama.cpp",
                                 rate(what, f"Llama 12 layers d 768 {after} 128", ours), rf"/llama-160m {theirs} .*{what} ([0-9.]+)/")
                          for ours, theirs in (("f32", "f32"), ("bf16", "bf16"), ("int8", "q8_0"))
                          for what, after in (("prompt", "prompt"), ("decode", "after"))]),
        "start": Row(START, "{python} -c 'import torch'", [Figure("start, load, first token of 100 MB; import torch", "seconds", "seconds",
                                                                 1, True)]),
        # Ours alone, then beside a process that never rests on the second processor.
        "neighbor": Row(bench("train", "--dtype f32"),
                        "taskset -c 1 sh -c 'while :; do :; done' & busy=$!; " + bench("train", "--dtype f32") + "; kill $busy",
                        [Figure("training step, small GPT, alone; beside a busy process", rate("train", SMALL), rate("train", SMALL))]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--models", default=".")
    parser.add_argument("--regard", default="regard")
    parser.add_argument("--rows", default=",".join(rows()))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--python", default="python3")
    parser.add_argument("--json", help="a file to which each row is added as a line")
    args = parser.parse_args()
    print("| work | Regard | peer | ratio | 95 % |\n|---|---|---|---|---|", flush=True)
    for name in args.rows.split(","):
        if name not in rows():
            parser.error(f"--rows: found '{name}', expected some of {', '.join(rows())}")
        row = rows()[name]
        words = {"regard": args.regard, "python": args.python, "peers": shlex.quote(args.peers), "models": shlex.quote(args.models),
                 "threads": args.threads}
        ours, peer_ = row.ours.format(**words), row.peer.format(**words)
        outputs = compare.alternate({"ours": lambda: compare.output_of(ours), "peer": lambda: compare.output_of(peer_)}, args.pairs)
        for f in row.figures:
            found = compare.paired([compare.figure(f.ours, *o) for o in outputs["ours"]],
                                   [compare.figure(f.peer, *o) * f.factor for o in outputs["peer"]], f.less_is_better)
            unit = 1e3 if f.less_is_better else 1  # milliseconds read better
            interval = "" if found["ratio_95"] is None else "{:.2f} to {:.2f}".format(*found["ratio_95"])
            print(f"| {f.label} | {found['ours_median'] * unit:.4g} | {found['peer_median'] * unit:.4g} | {found['ratio']:.2f} "
                  f"| {interval} |", flush=True)
            if args.json:
                with open(args.json, "a", encoding="utf8") as out:
                    out.write(json.dumps({"label": f.label, "processor": compare.processor(), "ours_command": ours,
                                          "peer_command": peer_, **found}) + "\n")


if __name__ == "__main__":
    main()
