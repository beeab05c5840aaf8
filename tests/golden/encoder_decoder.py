"""What the golden files of encoder-decoder families are made by: small random checkpoints, inputs, and what transformers
computes from them. Each family has its own make.py beside its files, which names the cases.

needs: pip install torch transformers safetensors numpy (made with torch 2.15, transformers 5.23)

Each case is a folder:
  config.json, generation_config.json, model.safetensors (float32)   as save_pretrained writes them
  inputs.safetensors    input_ids, attention_mask, decoder_input_ids, labels: [B,S] and [B,T] int64, right-padded;
                        labels are -100 at padding, decoder_input_ids hold the padding token there
  outputs.safetensors   float64; `forward`'s names: logits, loss, encoder_last_hidden_state, encoder_hidden_states.i,
                        decoder_hidden_states.i (i = 0 is the embedding), encoder_attentions.i, decoder_attentions.i,
                        cross_attentions.i [B,H,T,S], gradient.NAME. Rows at padded positions carry no meaning.
                        `float_positions.logits`: the same with the table of positions rounded to float32, as
                        transformers has it at any dtype (its code fills the table through a float32 tensor).
  generate.json         "input_ids": the rows without padding; "cases": for each generation configuration the ids of
                        every row (start token included, padding at the end trimmed) and, for beams, the scores.

Everything is computed in double precision, by eager attention, with the positions computed in double too. Search was
run in single and in double precision with equal ids, see `generate`.
"""
import json, pathlib, sys
import numpy as np, torch
from safetensors.torch import save_file

SOME_GRADIENTS = [
    "model.encoder.layers.0.self_attn.q_proj.weight", "model.encoder.layers.0.self_attn.q_proj.bias",
    "model.encoder.layers.0.self_attn.k_proj.bias", "model.encoder.layers.0.self_attn_layer_norm.weight",
    "model.encoder.layers.0.fc1.weight", "model.encoder.layers.0.fc2.bias",
    "model.decoder.layers.1.self_attn.out_proj.weight", "model.decoder.layers.1.encoder_attn.k_proj.weight",
    "model.decoder.layers.1.encoder_attn.v_proj.bias", "model.decoder.layers.1.final_layer_norm.bias"]
GENERATION = [
    dict(num_beams=1), dict(num_beams=1, max_new_tokens=6), dict(num_beams=1, min_length=8, max_length=16),
    dict(num_beams=1, no_repeat_ngram_size=2, max_length=24), dict(num_beams=1, forced_eos_token_id=None, max_length=5),
    dict(num_beams=4, max_length=24), dict(num_beams=5, max_length=24), dict(num_beams=4),
    dict(num_beams=4, length_penalty=0.6, max_length=24), dict(num_beams=4, length_penalty=2.0, max_length=24),
    dict(num_beams=5, length_penalty=0.0, max_length=24), dict(num_beams=4, length_penalty=-0.5, max_length=24),
    dict(num_beams=4, early_stopping=True, max_length=24), dict(num_beams=4, early_stopping="never", max_length=24),
    dict(num_beams=5, early_stopping=True, length_penalty=0.6, max_length=24),
    dict(num_beams=5, early_stopping="never", length_penalty=2.0, max_length=20),
    dict(num_beams=4, early_stopping="never", length_penalty=-0.5, max_length=20),
    dict(num_beams=4, min_length=9, max_length=24), dict(num_beams=4, min_new_tokens=5, max_new_tokens=12),
    dict(num_beams=4, max_length=4), dict(num_beams=4, forced_eos_token_id=None, max_length=6),
    dict(num_beams=4, no_repeat_ngram_size=1, max_length=16), dict(num_beams=5, no_repeat_ngram_size=3, max_length=24),
    dict(num_beams=4, bad_words_ids=None, max_length=24), dict(num_beams=4, renormalize_logits=True, max_length=24),
    dict(num_beams=5, num_return_sequences=3, max_length=24)]


def target_vocabulary(config):
    return getattr(config, "decoder_vocab_size", None) or config.vocab_size


def positions_in_double(model):
    """Fills both tables of positions from double precision: sines in the first half of a row, cosines in the second."""
    count, width = model.config.max_position_embeddings, model.config.d_model
    angle = np.arange(count)[:, None] / np.power(10000.0, 2 * (np.arange(width) // 2) / width)
    table = torch.from_numpy(np.concatenate([np.sin(angle[:, 0::2]), np.cos(angle[:, 1::2])], axis=1))
    for stack in (model.model.encoder, model.model.decoder):
        stack.embed_positions.weight.data = table.clone()


def train_a_little(model, case):
    """A blurred copy task (each word of the source once or twice, rarely another word) so that search has something to
    decide: random weights never end a sentence."""
    config, draw = model.config, torch.Generator().manual_seed(case["seed"])
    pick = lambda low, high: int(torch.randint(low, high, (), generator=draw))
    words = [i for i in range(4, min(config.vocab_size, target_vocabulary(config)) - 1)]
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=4e-3)
    pad = lambda rows, value: torch.nn.utils.rnn.pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=value)
    for _ in range(case.get("steps", 250)):
        source = [[words[pick(0, len(words))] for _ in range(pick(0, 8))] for _ in range(24)]
        target = [[w if pick(0, 5) else words[pick(0, len(words))] for w in row for _ in range(pick(1, 3))] for row in source]
        x, y = (pad([r + [config.eos_token_id] for r in rows], v) for rows, v in ((source, config.pad_token_id), (target, -100)))
        loss = model(input_ids=x, attention_mask=(x != config.pad_token_id).long(), labels=y).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"trained to {loss.item():.3f}")


def make_model(case, family):
    """A checkpoint whose every parameter is far from its usual start (biases and norms too), trained a little."""
    torch.manual_seed(case["seed"])
    config = family.config_class(dropout=0.1, attn_implementation="eager", **case["config"])
    model = family(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if not p.requires_grad:
                continue
            if "embed_tokens" in name or "shared" in name:
                p.normal_(0, 1.0 / (config.d_model**0.5 if config.scale_embedding else 1.0))
            elif "layer_norm.weight" in name:
                p.uniform_(0.7, 1.3)
            elif p.dim() > 1:
                p.normal_(0, p.shape[1]**-0.5)
            else:
                p.normal_(0, 0.2)
        if case.get("bias"):
            model.final_logits_bias.normal_(0, 0.5)
    train_a_little(model, case)
    model.generation_config.bad_words_ids = [[config.pad_token_id]]
    return model


def make_inputs(config, seed):
    """A ragged batch: source lengths 7, 4, 1 and 5, target lengths 3, 6, 5 and 1, each ending with the end token."""
    draw = torch.Generator().manual_seed(seed)
    special = {config.pad_token_id, config.eos_token_id}

    def rows(lengths, vocabulary):
        usual = torch.tensor([i for i in range(vocabulary) if i not in special])
        return [torch.cat([usual[torch.randint(len(usual), (n - 1,), generator=draw)], torch.tensor([config.eos_token_id])])
                for n in lengths]

    def padded(some, value):
        return torch.nn.utils.rnn.pad_sequence(some, batch_first=True, padding_value=value)
    source, target = rows([7, 4, 1, 5], config.vocab_size), rows([3, 6, 5, 1], target_vocabulary(config))
    start = torch.tensor([config.decoder_start_token_id])
    return source, dict(
        input_ids=padded(source, config.pad_token_id), attention_mask=padded([torch.ones_like(r) for r in source], 0),
        decoder_input_ids=padded([torch.cat([start, r[:-1]]) for r in target], config.pad_token_id),
        labels=padded(target, -100))


def forward(model, inputs, gradients):
    model = model.double()
    rounded = model(**inputs).logits.detach()
    positions_in_double(model)
    o = model(**inputs, output_hidden_states=True, output_attentions=True)
    model.zero_grad()
    o.loss.backward()
    out = {"logits": o.logits, "loss": o.loss, "encoder_last_hidden_state": o.encoder_last_hidden_state,
           "float_positions.logits": rounded}
    for field in ("encoder_hidden_states", "decoder_hidden_states", "encoder_attentions", "decoder_attentions",
                  "cross_attentions"):
        out |= {f"{field}.{i}": x for i, x in enumerate(getattr(o, field))}
    parameters = dict(model.named_parameters())
    names = [n for n, p in parameters.items() if p.grad is not None] if gradients is None else gradients + SOME_GRADIENTS
    out |= {f"gradient.{n}": parameters[n].grad for n in names}
    return {k: x.detach().clone().contiguous() for k, x in out.items()}


def trimmed(rows, config):
    """Without what fills a row up: padding, or with padding 0 the end token again (0 is false in generate's code)."""
    rows = [r.tolist() for r in rows]
    for r in rows:
        if config.eos_token_id in r[1:]:
            del r[r.index(config.eos_token_id, 1) + 1:]
        while len(r) > 1 and r[-1] == config.pad_token_id:
            r.pop()
    return rows


def generate(family, folder, source, inputs):
    """Every configuration in single and in double precision. Ids must agree, alone and in the batch: a case in which a
    tie decides would test luck."""
    kept = []
    single = family.from_pretrained(folder, attn_implementation="eager").eval()
    double = family.from_pretrained(folder, attn_implementation="eager").double().eval()
    positions_in_double(double)
    for config in GENERATION:
        given = {k: inputs[k] for k in ("input_ids", "attention_mask")} | config
        if "max_length" in given and given["max_length"] > single.config.max_position_embeddings:
            continue
        given |= dict(output_scores=True, return_dict_in_generate=True)
        # generate() drops keywords that are None; the configuration object is the way to unset a key.
        unset = {k: getattr(single.generation_config, k) for k, v in config.items() if v is None}
        for m in (single, double):
            for k in unset:
                setattr(m.generation_config, k, None)
        a, b = single.generate(**given), double.generate(**given)
        ids = trimmed(b.sequences, single.config)
        assert ids == trimmed(a.sequences, single.config), (folder, config)
        times = config.get("num_return_sequences", 1)
        for i, row in enumerate(source):
            alone = single.generate(input_ids=row[None], attention_mask=torch.ones_like(row[None]), **config)
            assert trimmed(alone, single.config) == ids[i * times:(i + 1) * times], (folder, config, i)
        for m in (single, double):
            for k, v in unset.items():
                setattr(m.generation_config, k, v)
        kept.append({"config": config, "sequences": ids}
                    | ({"scores": b.sequences_scores.tolist()} if config["num_beams"] > 1 else {}))
    return {"input_ids": [r.tolist() for r in source], "cases": kept}


def main(family, cases, at):
    """Writes a folder for each case below `at`, or below the folder that the command line names. `family`: a model class."""
    at = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else at)
    torch.set_num_threads(1)
    for name, case in cases.items():
        folder = at / name
        folder.mkdir(parents=True, exist_ok=True)
        model = make_model(case, family)
        model.save_pretrained(folder)
        source, inputs = make_inputs(model.config, case["seed"] + 100)
        save_file(inputs, folder / "inputs.safetensors")
        save_file(forward(model, inputs, case["gradients"]), folder / "outputs.safetensors", metadata={"format": "pt"})
        found = generate(family, folder, source, inputs)
        one_a_line = ",\n".join(json.dumps(c) for c in found["cases"])
        (folder / "generate.json").write_text(f'{{"input_ids": {found["input_ids"]},\n"cases": [\n{one_a_line}\n]}}\n')
        lengths = [[len(s) for s in c["sequences"]] for c in found["cases"]]
        print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes; lengths", lengths)
