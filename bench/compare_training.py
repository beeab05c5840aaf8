"""Compares training by Regard with training by PyTorch/transformers, on one machine in one sitting.

needs: pip install torch transformers sentencepiece sacrebleu safetensors; no network (set HF_HUB_OFFLINE=1)

  compare_training.py dump  --script PEER.py --data MULTI30K --output DIR [--batches 20] [--seed 1] [--float64]
  compare_training.py time  --script PEER.py --data MULTI30K --output DIR --regard PROGRAM [--updates 200] [--pairs 5]
  compare_training.py score --reference FILE HYPOTHESIS [--regard PROGRAM]

PEER.py is the training script that is compared with (train_translation.py: a Marian-shaped model on Multi30k, written
with transformers); it is run as it stands, never copied. `dump` stops it when its first batch meets the loss and `time`
when its first validation begins, and both read its variables (m, bs, pairs, a, sched, tokens, start).

`dump` writes what bench/replay_training.cc needs to make the same updates, and the losses that PyTorch finds:
  DIR/model/               the untrained checkpoint (config.json, generation_config.json, model.safetensors)
  DIR/batches.safetensors  batch.K.input_ids [B,S] and batch.K.labels [B,T], int64, K = 0, 1, ...; padded on the right with
                           the padding id; every row ends with the end id. The decoder's input is the labels shifted right
                           behind decoder_start_token_id, its attention causal; the encoder's mask is input_ids != padding.
  DIR/settings.json        optimiser, schedule and loss, with the names of `regard train --set`; `learning_rates` lists the
                           rate of each update; batches, pad_token_id, decoder_start_token_id
  DIR/losses.json          {"float32": [...], "gradient_norms": [...]} and "float64" where asked for: before update K+1, batch K's
                           label-smoothed loss in nats, summed over real target tokens and divided by their number, without
                           dropout; and the norm of all gradients (in float32) before clipping
"""
import argparse, copy, json, os, pathlib, subprocess, sys, time

import compare


class Stop(Exception):
    """Ends the peer script at the place where its state is wanted."""


def run_peer(args, hook, updates):
    """Runs the peer script until what `hook` installed raises Stop; returns the script's variables."""
    output = pathlib.Path(args.output) / "peer"
    output.mkdir(parents=True, exist_ok=True)
    sys.argv = [args.script, args.data, str(output), "--updates", str(updates), "--report", str(updates + 1),
                "--threads", str(args.threads), "--seed", str(args.seed)]
    variables = {"__name__": "__main__"}
    hook()
    try:
        exec(compile(pathlib.Path(args.script).read_text(encoding="utf8"), args.script, "exec"), variables)
    except Stop:
        return variables
    raise SystemExit("the peer script ended before the place where it was to be stopped")


def dump(args):
    import torch
    from safetensors.torch import save_file
    original = torch.nn.functional.cross_entropy

    def at_the_first_loss(*_, **__):
        raise Stop
    v = run_peer(args, lambda: setattr(torch.nn.functional, "cross_entropy", at_the_first_loss), args.batches)
    torch.nn.functional.cross_entropy = original
    model, config, out = v["m"], v["m"].config, pathlib.Path(args.output)
    model.eval()
    model.save_pretrained(out / "model")
    batches = [[v["pairs"][i] for i in b] for b in v["bs"][:args.batches]]
    pad = lambda rows: torch.nn.utils.rnn.pad_sequence([torch.tensor(r) for r in rows], batch_first=True,
                                                       padding_value=config.pad_token_id)
    tensors = {}
    for k, rows in enumerate(batches):
        tensors[f"batch.{k}.input_ids"], tensors[f"batch.{k}.labels"] = pad([r[0] for r in rows]), pad([r[1] for r in rows])
    save_file(tensors, out / "batches.safetensors", metadata={"format": "pt"})
    group = v["o"].param_groups[0]
    settings = dict(
        batches=len(batches), pad_token_id=config.pad_token_id, decoder_start_token_id=config.decoder_start_token_id,
        optim="adam", adam_beta1=group["betas"][0], adam_beta2=group["betas"][1], adam_epsilon=group["eps"], weight_decay=0.0,
        max_grad_norm=1.0, label_smoothing_factor=0.1, lr_scheduler_type="inverse_sqrt", learning_rate=v["a"].lr,
        warmup_steps=v["a"].warmup, learning_rates=[v["sched"](n + 1) for n in range(len(batches))], seed=args.seed)
    (out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
    losses = {}
    for dtype in (torch.float32, torch.float64)[:1 + args.float64]:
        losses[str(dtype)[6:]], norms = replay(copy.deepcopy(model).to(dtype), tensors, settings)
        losses.setdefault("gradient_norms", norms)
    (out / "losses.json").write_text(json.dumps(losses, indent=2) + "\n")
    for k, loss in enumerate(losses["float32"]):
        print(f"{k} {loss:.9f}" + (f" {losses['float64'][k]:.15f}" if args.float64 else ""))


def replay(model, tensors, settings):
    """The peer's updates without dropout. Sums over tokens are added in double from the model's own type."""
    import torch
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=1, betas=(settings["adam_beta1"], settings["adam_beta2"]),
                                 eps=settings["adam_epsilon"])
    padding, losses, norms = settings["pad_token_id"], [], []
    for k in range(settings["batches"]):
        x, y = tensors[f"batch.{k}.input_ids"], tensors[f"batch.{k}.labels"]
        start = torch.full((len(y), 1), settings["decoder_start_token_id"])
        logits = model(input_ids=x, attention_mask=(x != padding).long(),
                       decoder_input_ids=torch.cat([start, y[:, :-1]], 1)).logits
        each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=padding, reduction="none",
                                                 label_smoothing=settings["label_smoothing_factor"])
        count = int((y != padding).sum())
        losses.append(each.detach().double().sum().item() / count)
        optimizer.param_groups[0]["lr"] = settings["learning_rates"][k]
        optimizer.zero_grad()
        (each.sum() / count).backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, settings["max_grad_norm"]).item())
        optimizer.step()
    return losses, norms


def time_peer(args):
    """In a process of its own: the peer's updates up to its first validation, as JSON."""
    import transformers

    def at_the_first_validation(*_, **__):
        raise Stop
    v = run_peer(args, lambda: setattr(transformers.MarianMTModel, "eval", at_the_first_validation), args.updates)
    seconds = time.time() - v["start"]
    print(json.dumps({"updates": v["n"], "target_tokens": v["tokens"], "seconds": seconds, "target_tokens_per_second": v["tokens"] / seconds}))


def time_regard(args):
    """A run of Regard with the peer's settings; its own log tells the rate of training without validation."""
    output, data = pathlib.Path(args.output) / "regard", pathlib.Path(args.data)
    subprocess.run(["rm", "-rf", str(output)], check=True)
    values = dict(max_steps=args.updates, learning_rate=2e-3, warmup_steps=1000, dropout=0.2, label_smoothing_factor=0.1,
                  max_grad_norm=1.0, batch_tokens=4096, vocab_size=8000, eval_steps=args.updates, save_steps=args.updates,
                  logging_steps=args.updates)
    command = [args.regard, "train", "translation", "--train", str(data / "train.en.gz"), "--train-target",
               str(data / "train.de.gz"), "--valid", str(data / "val.en.gz"), "--valid-target", str(data / "val.de.gz"),
               "--output", str(output), "--preset", "tiny", "--seed", str(args.seed), "--threads", str(args.threads), "--quiet"]
    for key, value in values.items():
        command += ["--set", f"{key}={value}"]
    subprocess.run(command, check=True)
    lines = [json.loads(l) for l in (output / "log.jsonl").read_text().splitlines() if l.strip()]
    rates = [l["tokens_per_second"] for l in lines if "tokens_per_second" in l]
    if not rates:
        raise SystemExit(f"{output}/log.jsonl: no line holds tokens_per_second")
    return rates[-1]


def times(args):
    worker = [sys.executable, __file__, "time-peer", "--script", args.script, "--data", args.data, "--output", args.output,
              "--updates", str(args.updates), "--threads", str(args.threads), "--seed", str(args.seed)]

    def peer():
        done = subprocess.run(worker, check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1])["target_tokens_per_second"]

    def report(pair, figures):
        ours, theirs = figures["ours"][-1], figures["peer"][-1]
        print(f"pair {pair + 1}: PyTorch {theirs:.0f}, Regard {ours:.0f} target tokens/s, ratio {ours / theirs:.3f}", flush=True)
    figures = compare.alternate({"ours": lambda: time_regard(args), "peer": peer}, args.pairs, report)
    print(json.dumps(compare.paired(figures["ours"], figures["peer"])))


def score(args):
    import sacrebleu
    hypothesis, reference = (read_lines(f) for f in (args.hypothesis, args.reference))
    if len(hypothesis) != len(reference):
        raise SystemExit(f"{args.hypothesis} has {len(hypothesis)} lines, {args.reference} has {len(reference)}")
    print(f"sacreBLEU (cased, 13a): {sacrebleu.corpus_bleu(hypothesis, [reference]).score:.2f}")
    if args.regard:
        print("regard score bleu:", subprocess.run([args.regard, "score", "bleu", "--reference", args.reference, args.hypothesis],
                                                    check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


def read_lines(path):
    import gzip
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", encoding="utf8", newline="\n") as f:
        return f.read().split("\n")[:-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("dump", "time", "time-peer"):
        c = commands.add_parser(name)
        c.add_argument("--script", required=True, help="the training script to compare with")
        c.add_argument("--data", required=True, help="folder with train, val and test files")
        c.add_argument("--output", required=True, help="folder for what is written")
        c.add_argument("--threads", type=int, default=2)
        c.add_argument("--seed", type=int, default=1)
        c.add_argument("--updates", type=int, default=200)
        if name == "dump":
            c.add_argument("--batches", type=int, default=20)
            c.add_argument("--float64", action="store_true", help="the losses in double precision as well (slow)")
        if name == "time":
            c.add_argument("--regard", required=True, help="the program")
            c.add_argument("--pairs", type=int, default=5)
    c = commands.add_parser("score")
    c.add_argument("hypothesis")
    c.add_argument("--reference", required=True)
    c.add_argument("--regard")
    args = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    {"dump": dump, "time": times, "time-peer": time_peer, "score": score}[args.command](args)


if __name__ == "__main__":
    main()
