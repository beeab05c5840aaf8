"""Compares translations by Regard with those by transformers, from one model directory that Regard trained.

needs: pip install torch transformers sentencepiece sacrebleu; no network (set HF_HUB_OFFLINE=1)
usage: compare_translation.py MODEL SOURCE --regard PROGRAM [--reference FILE] [--config JSON] [--output DIR] [--threads 2]

Both translate SOURCE (a text file, or .gz) in float32 with the generation settings of --config over those of the
model. Prints the share of lines that are the same text, a few that are not, BLEU of both (cased, 13a) where a reference is
given, and the last line as JSON. Empty lines are left out of the share: Regard answers them with empty lines.
"""
import argparse, gzip, json, os, pathlib, subprocess, tempfile, time


def read_lines(path):
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", encoding="utf8", newline="\n") as f:
        return f.read().split("\n")[:-1]


def by_transformers(args, lines, config):
    import torch
    from transformers import MarianMTModel, MarianTokenizer
    torch.set_num_threads(args.threads)
    tokenizer = MarianTokenizer.from_pretrained(args.model)
    model = MarianMTModel.from_pretrained(args.model, dtype=torch.float32).eval()
    for key, value in config.items():  # an assigned None unsets a key, an argument None would not
        setattr(model.generation_config, key, value)
    order, out = sorted(range(len(lines)), key=lambda i: len(lines[i])), [""] * len(lines)
    with torch.inference_mode():
        for at in range(0, len(order), args.batch):
            some = order[at:at + args.batch]
            batch = tokenizer([lines[i] for i in some], return_tensors="pt", padding=True)
            for i, row in zip(some, model.generate(**batch)):
                out[i] = tokenizer.decode(row, skip_special_tokens=True)
    return out


def by_regard(args, lines, config):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "source.txt"
        source.write_text("".join(l + "\n" for l in lines), encoding="utf8", newline="\n")
        done = subprocess.run([args.regard, "translate", args.model, str(source), "--config", json.dumps(config), "--threads",
                               str(args.threads), "--quiet"], check=True, stdout=subprocess.PIPE)
    out = done.stdout.decode("utf8").split("\n")[:-1]
    if len(out) != len(lines):
        raise SystemExit(f"regard translate answered {len(lines)} lines with {len(out)}")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("source")
    parser.add_argument("--regard", required=True, help="the program")
    parser.add_argument("--reference")
    parser.add_argument("--config", default='{"num_beams": 5, "max_new_tokens": 100, "length_penalty": 1.0}')
    parser.add_argument("--output", help="folder for transformers.txt and regard.txt")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64, help="lines a batch in transformers")
    parser.add_argument("--show", type=int, default=5, help="how many differing lines to print")
    args = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    lines, config, texts, seconds = read_lines(args.source), json.loads(args.config), {}, {}
    for name, translate in (("transformers", by_transformers), ("regard", by_regard)):
        start = time.time()
        texts[name] = translate(args, lines, config)
        seconds[name] = time.time() - start
        if args.output:
            pathlib.Path(args.output).mkdir(parents=True, exist_ok=True)
            (pathlib.Path(args.output) / f"{name}.txt").write_text("".join(t + "\n" for t in texts[name]), encoding="utf8", newline="\n")
    rows = [(s, a, b) for s, a, b in zip(lines, texts["transformers"], texts["regard"]) if s.strip()]
    differing = [r for r in rows if r[1] != r[2]]
    for s, a, b in differing[:args.show]:
        print(f"source        {s}\ntransformers  {a}\nregard        {b}\n")
    result = {"lines": len(rows), "identical_percent": 100 * (1 - len(differing) / max(1, len(rows))), "seconds": seconds}
    if args.reference:
        import sacrebleu
        reference = read_lines(args.reference)
        result["bleu"] = {k: sacrebleu.corpus_bleu(t, [reference]).score for k, t in texts.items()}
    print(f"{result['identical_percent']:.2f} % of {len(rows)} lines are identical")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
