"""Runs our process and a peer's in turn on the same work and compares what they reach.

usage: compare.py --ours COMMAND --peer COMMAND [--pairs 5] [--ours-figure HOW] [--peer-figure HOW] [--less-is-better]
                  [--label TEXT] [--json FILE]

Each COMMAND is a line of shell. HOW tells its figure:
  seconds        the wall time of the whole process (the default; less is better)
  KEY            that number in the last JSON object on a line of its output that holds it
  KEY@A=B,C=D    in the last such object with A = B and C = D, e.g. rate@work=gemm,shape=512x512x512,dtype=int8
  /REGEX/        the first group of the last match, e.g. '/decode ([0-9.]+)/'

The two alternate, and every second pair begins with the peer: what the machine does beside them, and its warmth, meets both.
Printed are the medians and the ratio ours / peer (turned round where less is better, so that above 1 is ours being better):
the geometric mean of the pairs' ratios with its 95 % interval by Student's t on their logarithms. The last line is JSON.
Only such ratios of one sitting say anything on a shared machine.

Works with what `regard bench --json` writes, and with any program that prints a figure. Needs Python alone.
"""
import argparse, json, math, pathlib, platform, re, statistics, subprocess, sys, time

# Student's t, 97.5 %, by degrees of freedom; beyond the table the normal distribution's.
STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 12: 2.179, 14: 2.145,
           16: 2.120, 19: 2.093, 24: 2.064, 29: 2.045}


def student(freedom):
    return next((STUDENT[n] for n in sorted(STUDENT, reverse=True) if n <= freedom), float("nan")) if freedom < 40 else 1.96


def paired(ours, peer, less_is_better=False):
    """Medians, and the ratio of pairs (above 1: ours is better) with its 95 % interval."""
    ratios = [(p / o if less_is_better else o / p) for o, p in zip(ours, peer)]
    logs = [math.log(r) for r in ratios]
    middle = statistics.mean(logs)
    spread = student(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else float("nan")
    interval = [math.exp(middle - spread), math.exp(middle + spread)] if len(logs) > 1 else None
    return {"ours": ours, "peer": peer, "ours_median": statistics.median(ours), "peer_median": statistics.median(peer),
            "ratio": math.exp(middle), "ratio_95": interval, "pairs": len(ratios)}


def figure(how, output, seconds):
    """The number that `how` asks for, of what a command printed."""
    if how == "seconds":
        return seconds
    if len(how) > 2 and how[0] == how[-1] == "/":
        found = re.findall(how[1:-1], output)
        if not found:
            raise SystemExit(f"no match of {how} in:\n{output}")
        return float(found[-1])
    key, _, filters = how.partition("@")
    wanted = dict(f.split("=", 1) for f in filters.split(",")) if filters else {}
    for line in reversed(output.splitlines()):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get(key) is not None and all(str(row.get(k)) == v for k, v in wanted.items()):
            return float(row[key])
    raise SystemExit(f"no {how} in:\n{output}")


def output_of(command):
    """What a command printed, and the seconds it took."""
    begin = time.perf_counter()
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode != 0:
        raise SystemExit(f"it ended with {done.returncode}: {command}")
    return done.stdout, seconds


def run(command, how):
    return figure(how, *output_of(command))


def alternate(sides, pairs, report=lambda pair, figures: None):
    """Calls sides["ours"]() and sides["peer"]() in turn; {"ours": [...], "peer": [...]}."""
    figures = {"ours": [], "peer": []}
    for pair in range(pairs):
        for side in ("peer", "ours") if pair % 2 == 0 else ("ours", "peer"):
            figures[side].append(sides[side]())
        report(pair, figures)
    return figures


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--ours-figure", default="seconds")
    parser.add_argument("--peer-figure", default="seconds")
    parser.add_argument("--less-is-better", action="store_true", help="implied where both figures are seconds")
    parser.add_argument("--label", default="")
    parser.add_argument("--json", help="a file to which the result is added as a line")
    args = parser.parse_args()
    if args.pairs < 1:
        parser.error("--pairs: expected at least 1")
    less = args.less_is_better or args.ours_figure == args.peer_figure == "seconds"
    sides = {"ours": lambda: run(args.ours, args.ours_figure), "peer": lambda: run(args.peer, args.peer_figure)}

    def report(pair, figures):
        print(f"pair {pair + 1}: ours {figures['ours'][-1]:.6g}, peer {figures['peer'][-1]:.6g}", flush=True)
    figures = alternate(sides, args.pairs, report)
    result = {"label": args.label, "processor": processor(), "less_is_better": less, "ours_command": args.ours,
              "peer_command": args.peer, **paired(figures["ours"], figures["peer"], less)}
    interval = "" if result["ratio_95"] is None else " (95 %: {:.3f} to {:.3f})".format(*result["ratio_95"])
    print(f"median ours {result['ours_median']:.6g}, peer {result['peer_median']:.6g}; ratio {result['ratio']:.3f}{interval}")
    print(json.dumps(result))
    if args.json:
        with open(args.json, "a", encoding="utf8") as f:
            f.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
