"""Makes tests/golden/explain/CASE.json: attributions of small models of families/ (with the weights drawn by their
names), computed with transformers and PyTorch's own differentiation in double precision. Integrated gradients, rollout
and the rest are written out here from their papers; with --captum the first are compared with Captum's as well.

needs: what make.py needs, and families/ made by it; captum for --captum
usage: python tests/golden/explain.py [--captum]
"""
import importlib, json, pathlib, sys
import numpy as np, torch, transformers

here = pathlib.Path(__file__).parent
sys.path[:0] = [str(here), str(here / "cases")]
import make

BASELINE = 6  # the id that takes the place of all but the first and the last
STEPS = 20

# row, column, other: of the logit explained, and of the one that is subtracted (None: none). rows: of a text's head None
CASES = {
    "bert_sequence": dict(file="text_encoders", target=(0, 1, 0), embeddings="bert.embeddings", text=True),
    "roberta_token": dict(file="text_encoders", target=(2, 1, None), embeddings="roberta.embeddings"),
    "gpt2": dict(file="decoder_only", target=(-1, 9, 4), embeddings="transformer.drop"),
    "llama": dict(file="decoder_only", target=(-1, 9, None), embeddings="model.embed_tokens"),
    "marian": dict(file="encoder_decoders", target=(2, 7, 5), embeddings=None),
}


def load(name, case):
    folder = here / "families" / name
    table = importlib.import_module(case["file"]).CASES[name]
    kind = getattr(transformers, table["model"])
    config = kind.config_class.from_pretrained(folder)
    config._attn_implementation = "eager"
    shapes = json.loads((folder / "tensors.json").read_text())
    make.in_double()
    model = kind(config).eval()
    model.load_state_dict({n: make.drawn(n, s).double() for n, s in shapes.items()}, strict=False)
    model.tie_weights()
    model.double()
    table.get("in_double", lambda m: None)(model)
    ids, inputs = make.make_inputs(table, config)
    return model, config, ids[0][None]


def replaced(ids):
    other = ids.clone()
    other[:, 1:-1] = BASELINE
    return other


def chefer(layers):
    """Chefer et al. 2021, equations 5 to 10; layers: (part, attention, gradient) in the order of the model."""
    cam = lambda a, g: (a * g).clamp(min=0).mean(0)
    def bar(r):
        r = r - torch.eye(len(r))
        s = r.sum(-1, keepdim=True)
        return torch.where(s > 0, r / torch.where(s > 0, s, 1), 0) + torch.eye(len(r))
    own, across = {}, None
    for part, a, g in layers:
        c = cam(a, g)
        if part == "cross":
            if across is None:
                across = torch.zeros_like(c)
            across = across + bar(own["decoder"]).T @ c @ bar(own["encoder"])
        else:
            r = own.get(part, torch.eye(len(c)))
            if part == "decoder" and across is not None:
                across = across + c @ across
            own[part] = r + c @ r
    return own, across


def rollout(attentions):
    rolled = None
    for a in attentions:
        mixed = 0.5 * a.mean(0) + 0.5 * torch.eye(a.shape[-1])
        mixed = mixed / mixed.sum(-1, keepdim=True)
        rolled = mixed if rolled is None else mixed @ rolled
    return rolled


def explain(name, case):
    model, config, ids = load(name, case)
    row, column, other = case["target"]
    both = config.is_encoder_decoder
    prefix = torch.tensor([[config.decoder_start_token_id, 5, 8, 11]]) if both else None
    def score_of(out):
        logits = out.logits[:, row] if not case.get("text") else out.logits
        return logits[:, column] - (logits[:, other] if other is not None else 0)
    def run(ids, prefix, **more):
        return model(input_ids=ids, **({"decoder_input_ids": prefix} if both else {}), **more)

    made = {"ids": ids[0].tolist(), "row": row % ids.shape[1] if not case.get("text") else 0, "column": column, "steps": STEPS}
    if both:
        made["prefix"], made["row"] = prefix[0].tolist(), row
    if other is not None:
        made["other"] = other
    base = replaced(ids)
    prefix_base = replaced(prefix) if both else None
    made["baseline"] = base[0].tolist()
    if both:
        made["prefix_baseline"] = prefix_base[0].tolist()
    with torch.no_grad():
        value = score_of(run(ids, prefix)).item()
        made["value"] = value
        made["baseline_value"] = score_of(run(base, prefix_base)).item()
        hidden = []
        for side, given in enumerate([ids] if not both else [ids, prefix]):
            falls = []
            for i in range(given.shape[1]):
                changed = given.clone()
                changed[0, i] = (base, prefix_base)[side][0, i]
                one = run(changed if side == 0 else ids, changed if side == 1 else prefix)
                falls.append(value - score_of(one).item())
            hidden.append(falls)
        made["occlusion"] = hidden

    # Embeddings as they enter the first block, kept and put in by hooks.
    if both:
        modules = [model.model.encoder.layers[0], model.model.decoder.layers[0]]
        hook_kind = "pre"
    else:
        modules = [model.get_submodule(case["embeddings"])]
        hook_kind = "post"
    def with_embeddings(put, ids, prefix, batch=1):
        kept, handles = [None] * len(modules), []
        def catch(i):
            def pre(module, args, kwargs):
                x = args[0] if args else kwargs["hidden_states"]
                kept[i] = x if put is None else put[i]
                if args:
                    return (kept[i], *args[1:]), kwargs
                return args, kwargs | {"hidden_states": kept[i]}
            def post(module, args, out):
                kept[i] = out if put is None else put[i]
                return kept[i]
            return pre if hook_kind == "pre" else post
        for i, m in enumerate(modules):
            handles.append(m.register_forward_pre_hook(catch(i), with_kwargs=True) if hook_kind == "pre"
                           else m.register_forward_hook(catch(i)))
        out = run(ids.expand(batch, -1), prefix.expand(batch, -1) if both else None)
        for h in handles:
            h.remove()
        return kept, score_of(out)

    with torch.no_grad():
        x = [e.clone() for e in with_embeddings(None, ids, prefix)[0]]
        x0 = [e.clone() for e in with_embeddings(None, base, prefix_base)[0]]
    leaves = [e.clone().requires_grad_() for e in x]
    _, score = with_embeddings(leaves, ids, prefix)
    grads = torch.autograd.grad(score.sum(), leaves)
    made["gradient_x_input"] = [(e * g).sum(-1)[0].tolist() for e, g in zip(x, grads)]

    points, weights = np.polynomial.legendre.leggauss(STEPS)
    total = [torch.zeros_like(e) for e in x]
    for p, w in zip((points + 1) / 2, weights / 2):
        leaves = [(a + p * (b - a)).requires_grad_() for a, b in zip(x0, x)]
        _, score = with_embeddings(leaves, ids, prefix)
        for t, g in zip(total, torch.autograd.grad(score.sum(), leaves)):
            t += w * g
    made["integrated_gradients"] = [((b - a) * t).sum(-1)[0].tolist() for a, b, t in zip(x0, x, total)]
    if "--captum" in sys.argv and not both:
        from captum.attr import LayerIntegratedGradients
        lig = LayerIntegratedGradients(lambda i: score_of(run(i, prefix)), modules[0])
        theirs = lig.attribute(ids, baselines=base, n_steps=STEPS, method="gausslegendre").sum(-1)[0]
        ours = torch.tensor(made["integrated_gradients"][0])
        print(name, "apart from Captum:", (theirs - ours).abs().max().item())

    out = run(ids, prefix, output_attentions=True, output_hidden_states=True)
    parts = [("encoder", out.encoder_attentions), ("decoder", out.decoder_attentions), ("cross", out.cross_attentions)] \
        if both else [("decoder" if case["file"] == "decoder_only" else "encoder", out.attentions)]
    flat = [(p, i, a) for p, all in parts for i, a in enumerate(all)]
    grads = torch.autograd.grad(score_of(out).sum(), [a for _, _, a in flat], allow_unused=True)
    grads = [torch.zeros_like(a) if g is None else g for g, (_, _, a) in zip(grads, flat)]
    made["importance"] = {f"{p}.{i}": (a * g).sum((-1, -2))[0].tolist() for (p, i, a), g in zip(flat, grads)}
    order = {"encoder": 0, "decoder": 1, "cross": 2}
    layers = sorted(zip(flat, grads), key=lambda x: (x[0][0] != "encoder", x[0][1], order[x[0][0]]))
    own, across = chefer([(p, a[0].detach(), g[0]) for (p, _, a), g in layers])
    at = made["row"] if not case.get("text") else 0
    made["attention_gradient"] = ([across[at].tolist()] if across is not None else []) + \
        [own["decoder" if "decoder" in own else "encoder"][at].tolist()]
    made["rollout"] = {p: rollout([a[0].detach() for a in all]).tolist() for p, all in parts if p != "cross"}
    if name == "gpt2":  # the logit lens
        with torch.no_grad():
            states = list(out.hidden_states[1:-1])
            logits = [model.lm_head(model.transformer.ln_f(h))[0, row] for h in states] + [out.logits[0, row]]
            made["lens"] = [torch.softmax(l, -1)[column].item() for l in logits]
    folder = here / "explain"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(made) + "\n")
    print(name, len(json.dumps(made)), "bytes; IG error", sum(map(sum, made["integrated_gradients"])) - value + made["baseline_value"])


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, case in CASES.items():
        explain(name, case)
