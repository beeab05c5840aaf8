"""Checks that what Regard loads and writes back is, to `from_pretrained`, the model that `save_pretrained` wrote: for every
case of cases/*.py (all families, all heads), in float32, bfloat16 and float16, whole and in shards, every tensor of the state
is compared bit for bit, with its type, and the configuration key by key. Not run by the suite: it wants transformers.

needs: pip install torch transformers safetensors; ninja -C BUILD write_back (configured with -DREGARD_BENCH=ON)
usage: python tests/golden/round_trip.py WRITE_BACK [CASE...]     ends with 1 where anything differs
"""
import importlib, json, pathlib, subprocess, sys, tempfile
import torch, transformers

here = pathlib.Path(__file__).parent
FORMS = [("f32", torch.float32, "5GB"), ("bf16 in shards", torch.bfloat16, "4KB"), ("f16", torch.float16, "5GB")]


def make(case, folder):
    """A model of that case with weights of its own, also where transformers begins with zeros and ones."""
    kind = getattr(transformers, case["model"])
    torch.manual_seed(1)
    model = kind(kind.config_class(**case["config"]))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p), alpha=0.05)
    for form, dtype, shard in FORMS:
        model.to(dtype).save_pretrained(folder / form, max_shard_size=shard)
    return kind


def differences(kind, given, written):
    models = [kind.from_pretrained(f, dtype="auto", output_loading_info=True) for f in (given, written)]
    (a, _), (b, info) = models
    found = [f"{key}: {sorted(names)[:3]}" for key, names in info.items() if names]
    first, second = a.state_dict(), b.state_dict()
    found += [f"only once: {n}" for n in sorted(first.keys() ^ second.keys())]
    for name in first.keys() & second.keys():
        x, y = first[name], second[name]
        if x.dtype != y.dtype or x.shape != y.shape:
            found.append(f"{name}: {x.dtype} {list(x.shape)}, then {y.dtype} {list(y.shape)}")
        elif not torch.equal(x.contiguous().flatten().view(torch.uint8), y.contiguous().flatten().view(torch.uint8)):
            found.append(f"{name}: other bits")
    configs = [json.loads((f / "config.json").read_text()) for f in (given, written)]
    return found + [f"config.json: {k}" for k in sorted(set(configs[0]) | set(configs[1]))
                    if configs[0].get(k, "none") != configs[1].get(k, "none")], len(first)


def main():
    program, *wanted = sys.argv[1:]
    sys.path[:0] = [str(here), str(here / "cases")]
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    cases = {n: c for f in sorted((here / "cases").glob("*.py")) for n, c in importlib.import_module(f.stem).CASES.items()
             if not wanted or n in wanted}
    bad, tensors, families = 0, 0, set()
    for name, case in cases.items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            kind = make(case, folder)
            families.add(kind.config_class.model_type)
            for form, _, shard in FORMS:
                command = [program, str(folder / form), str(folder / f"{form} back")]
                if shard == "4KB":
                    command += ["--max-shard-bytes", "4000"]
                done = subprocess.run(command, capture_output=True, text=True)
                found, count = ([done.stderr.strip()], 0) if done.returncode else differences(kind, folder / form, folder / f"{form} back")
                tensors += count
                bad += bool(found)
                for line in found[:5]:
                    print(f"{name}, {form}: {line}", flush=True)
    print(f"{len(cases)} cases of {len(families)} families, {len(FORMS)} forms, {tensors} tensors: {bad} differ")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
