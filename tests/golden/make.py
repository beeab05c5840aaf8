"""Makes the golden folders of model families: what transformers computes, in double precision, from small models whose
weights are drawn by their names, here and in the C++ test alike, so that no weights are stored.

needs: pip install torch transformers safetensors numpy (made with torch 2.15, transformers 5.23)
usage: python tests/golden/make.py [CASE...]     (default: every case of cases/*.py; writes families/CASE/)

A folder holds
  config.json, generation_config.json   as save_pretrained writes them
  tensors.json          name -> shape of what save_pretrained writes: the test draws these, loads and saves them again
  inputs.safetensors    arguments of forward(), right-padded int64
  outputs.safetensors   float64, named as the output's fields, numbered where they are tuples, and gradient.NAME.
                        Rows at padded positions carry no meaning.
  generate.json         (models that generate) "cases": a generation configuration, the ids of every row (given alone),
                        and, for beams, the scores

A case is a row of a table CASES in a file of cases/:
  "name": dict(model="GPT2LMHeadModel", config=dict(...),  and, where the defaults do not suit:
               lengths=[7, 5, 2], types=True, inputs={name: nested list}, gradients=[names], generate=[configurations],
               skip=[output fields that are not stored],
               tokens=(first, behind the last id that is drawn), in_double=function of the model that fills what its
               code computes through float32 whatever the type, such as tables of sines)

Every float32 in transformers' code becomes float64 while the answers are computed: softmax, norms and rotary angles
are done in float32 there at any dtype, and agreement to 1e-9 would be impossible.
"""
import importlib, json, pathlib, sys, tempfile
import numpy as np, torch, transformers
from safetensors import safe_open
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
WORD = (1 << 64) - 1


def drawn(name, shape):
    """The weight of that name: 24-bit uniform numbers by splitmix64, its counter begun at the name's FNV-1a hash."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & WORD
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    u = (z >> np.uint64(40)).astype(np.float64) / (1 << 24) - 0.5
    if len(shape) == 1 and name.endswith("weight"):
        u = 1 + u / 2  # gains
    return torch.from_numpy(u.astype(np.float32).reshape(shape)) * (1.0 if len(shape) == 1 else 0.5)


def in_double():
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    torch.set_default_dtype(torch.float64)


def in_single(single):
    torch.float32 = torch.float = single[0]
    torch.Tensor.float = single[1]
    torch.set_default_dtype(single[0])


def make_inputs(case, config):
    draw = torch.Generator().manual_seed(case.get("seed", 1))
    lengths = case.get("lengths", [7, 5, 2])
    first, last = case.get("tokens", (5, config.vocab_size))
    rows = lambda ns: [torch.randint(first, last, (n,), generator=draw) for n in ns]
    pad = lambda some, value: torch.nn.utils.rnn.pad_sequence(some, batch_first=True, padding_value=value)
    ids = rows(lengths)
    padding = config.pad_token_id if config.pad_token_id is not None else 0
    inputs = {"input_ids": pad(ids, padding), "attention_mask": pad([torch.ones_like(r) for r in ids], 0)}
    if case.get("types"):
        inputs["token_type_ids"] = pad([torch.randint(0, config.type_vocab_size, (n,), generator=draw) for n in lengths], 0)
    name = case["model"]
    if name.endswith("ForSequenceClassification"):
        inputs["labels"] = torch.arange(len(lengths)) % config.num_labels
    elif name.endswith("ForTokenClassification"):
        inputs["labels"] = pad([torch.randint(0, config.num_labels, (n,), generator=draw) for n in lengths], -100)
    elif name.endswith("ForQuestionAnswering"):
        inputs["start_positions"] = torch.tensor([0] + [n // 2 for n in lengths[1:]])
        inputs["end_positions"] = torch.tensor([n - 1 for n in lengths])
    elif name.endswith("ForPreTraining") and "Electra" in name:
        inputs["labels"] = pad([torch.randint(0, 2, (n,), generator=draw) for n in lengths], 0)
    elif name.endswith("ForMaskedLM"):
        inputs["labels"] = pad([torch.where(torch.rand(len(r), generator=draw) < 0.6, r, -100) for r in ids], -100)
        inputs["labels"][0, 0] = ids[0][0]
    elif config.is_encoder_decoder:
        inputs["labels"] = pad(rows([max(1, n - 1) for n in reversed(lengths)]), -100)
    elif name.endswith(("LMHeadModel", "ForCausalLM")):
        inputs["labels"] = pad(ids, -100)
    for key, value in case.get("inputs", {}).items():
        if value is None:
            inputs.pop(key, None)
        else:
            inputs[key] = torch.tensor(value)
            if inputs[key].is_floating_point():
                inputs[key] = inputs[key].double()
    return ids, inputs


def forward(model, inputs, names, wanted):
    out = model(**inputs, output_hidden_states=True, output_attentions=True, use_cache=False) if "use_cache" in \
        model.forward.__code__.co_varnames else model(**inputs, output_hidden_states=True, output_attentions=True)
    found = {}
    for field, value in out.items():
        if isinstance(value, torch.Tensor):
            found[field] = value
        elif field != "past_key_values":
            found |= {f"{field}.{i}": x for i, x in enumerate(value) if x is not None}
    if out.get("loss") is not None:
        model.zero_grad()
        out.loss.backward()
        for name, p in model.named_parameters():
            later = any(part.isdigit() and part != "0" for part in name.split("."))  # the first layer's will do
            if name in names and p.grad is not None and (name in wanted or (p.numel() <= 600 and not later)):
                found["gradient." + name] = p.grad
    return {k: x.detach().double().clone().contiguous() for k, x in found.items()}


def generate(model, ids, configurations):
    cases = []
    for given in configurations:
        sequences, scores = [], []
        for row in ids:
            out = model.generate(input_ids=row[None], attention_mask=torch.ones_like(row[None]), output_scores=True,
                                 return_dict_in_generate=True, **given)
            sequences += out.sequences.tolist()
            scores += out.sequences_scores.tolist() if given.get("num_beams", 1) > 1 else []
        cases.append({"config": given, "sequences": sequences} | ({"scores": scores} if scores else {}))
    return {"input_ids": [r.tolist() for r in ids], "cases": cases}


GENERATE = [dict(max_new_tokens=8), dict(max_new_tokens=8, num_beams=3),
            dict(max_new_tokens=10, num_beams=4, length_penalty=2.0, early_stopping=True),
            dict(max_new_tokens=12, repetition_penalty=1.3), dict(max_new_tokens=12, no_repeat_ngram_size=2)]


def make(name, case):
    folder = here / "families" / name
    folder.mkdir(parents=True, exist_ok=True)
    kind = getattr(transformers, case["model"])
    torch.manual_seed(0)
    model = kind(kind.config_class(**case["config"]))
    fresh = model.state_dict()  # what is no weight stays as it is here: tables that the code computes
    with tempfile.TemporaryDirectory() as temporary:
        model.save_pretrained(temporary)
        with safe_open(f"{temporary}/model.safetensors", "pt") as f:
            weights = {n: drawn(n, f.get_slice(n).get_shape()) for n in f.keys()}
        save_file(weights, f"{temporary}/model.safetensors", metadata={"format": "pt"})
        model = kind.from_pretrained(temporary, attn_implementation="eager").eval()
        state, config, generation = model.state_dict(), model.config, getattr(model, "generation_config", None)
        for file in ("config.json", "generation_config.json"):
            if (pathlib.Path(temporary) / file).exists():
                (folder / file).write_text((pathlib.Path(temporary) / file).read_text())
    shapes = ",\n".join(f'  {json.dumps(n)}: {list(w.shape)}' for n, w in sorted(weights.items()))
    (folder / "tensors.json").write_text("{\n" + shapes + "\n}\n")
    ids, inputs = make_inputs(case, config)
    single = torch.float32, torch.Tensor.float
    in_double()
    try:
        model = kind(config).eval()
        loaded = {k: v.double() for k, v in state.items() if v.is_floating_point() and not torch.equal(v, fresh[k])}
        missing, unexpected = model.load_state_dict(loaded, strict=False)
        assert not unexpected and not set(missing) & set(weights), (missing, unexpected)
        model.double()
        case.get("in_double", lambda m: None)(model)
        if generation is not None:
            model.generation_config = generation
        outputs = forward(model, inputs, set(weights), case.get("gradients", []))
        found = generate(model, ids, case.get("generate", GENERATE)) if hasattr(model, "generate") and kind.can_generate() else None
    finally:
        in_single(single)
    outputs = {k: x for k, x in outputs.items() if k.split(".")[0] not in case.get("skip", [])}
    save_file(inputs, folder / "inputs.safetensors")
    save_file(outputs, folder / "outputs.safetensors", metadata={"format": "pt"})
    if found:
        lines = ",\n".join(json.dumps(c) for c in found["cases"])
        (folder / "generate.json").write_text(f'{{"input_ids": {found["input_ids"]},\n"cases": [\n{lines}\n]}}\n')
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes", *sorted(k for k in outputs if "gradient" not in k))


if __name__ == "__main__":
    sys.path[:0] = [str(here), str(here / "cases")]
    torch.set_num_threads(1)
    for file in sorted((here / "cases").glob("*.py")):
        for name, case in importlib.import_module(file.stem).CASES.items():
            if not sys.argv[1:] or name in sys.argv[1:]:
                make(name, case)
