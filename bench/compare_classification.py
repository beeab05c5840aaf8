"""Trains the model of a `regard train text-classification` run once more with PyTorch/transformers, of the same shape and budget,
and a linear model on TF-IDF, and prints the accuracy and the time of each.

usage: compare_classification.py RUN --train FILE --test FILE [--seeds 1,2,3] [--init MODEL] [--threads 2] [--skip linear,torch]
       compare_classification.py RUN --train FILE --folds 10       the linear model alone

RUN is the run's folder: its shape (config.json), vocabulary (tokenizer.json) and settings (regard.json: rate, epochs, batch, decay,
warm-up) are used, its weights are not, nor label smoothing and averages of weights. FILE is .tsv (text, tab, label), .csv (text,
category) or .txt (TREC's "LABEL:fine text", in Latin 1). As in Regard a tenth of each label's training examples is held out, by the
seed; the epoch that is best on them is judged on the test file. The linear model is a logistic regression on words and pairs of words,
trained on everything; its one constant (C) is chosen by five folds of the training data.

needs: pip install torch transformers scikit-learn; no network (set HF_HUB_OFFLINE=1)
"""
import argparse, copy, csv, json, pathlib, random, statistics, time


def read(path):
    if path.endswith(".csv"):
        return [(row["text"], row["category"]) for row in csv.DictReader(open(path, encoding="utf8"))]
    if path.endswith(".txt"):
        return [(text, label.split(":")[0]) for label, text in (line.split(" ", 1) for line in open(path, encoding="latin-1"))]
    return [tuple(line.rstrip("\n").split("\t")[:2]) for line in open(path, encoding="utf8")]


def linear(train, test, folds):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
    from sklearn.pipeline import Pipeline
    begin = time.time()
    model = Pipeline([("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+|[^\w\s]")),
                      ("classes", LogisticRegression(max_iter=1000))])
    search = GridSearchCV(model, {"classes__C": [1, 10, 100]}, cv=5)
    texts, labels = zip(*train)
    if folds:
        right = cross_val_score(search, texts, labels, cv=StratifiedKFold(folds, shuffle=True, random_state=1))
        print(f"linear: {100 * right.mean():.2f} +- {100 * right.std(ddof=1):.2f} over {folds} folds, {time.time() - begin:.0f} s", flush=True)
        return
    search.fit(texts, labels)
    right = search.score(*zip(*test))
    print(f"linear: {100 * right:.2f} (C {search.best_params_['classes__C']}), {time.time() - begin:.0f} s", flush=True)


def held_out(examples, seed):
    """A tenth of each label's examples, at least one where it has two."""
    drawn, by_label = random.Random(seed), {}
    for i, (_, label) in enumerate(examples):
        by_label.setdefault(label, []).append(i)
    chosen = set()
    for members in by_label.values():
        drawn.shuffle(members)
        chosen.update(members[:max(1, round(len(members) / 10))])
    return [e for i, e in enumerate(examples) if i not in chosen], [e for i, e in enumerate(examples) if i in chosen]


def tune(args, train, test, seed):
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup
    begin = time.time()
    torch.manual_seed(seed)
    s = json.loads((args.run / "regard.json").read_text())["settings"]
    config = AutoConfig.from_pretrained(args.run)
    tokenizer = AutoTokenizer.from_pretrained(args.run)
    label_ids = {label: i for i, label in config.id2label.items()}
    if args.init:
        model = AutoModelForSequenceClassification.from_pretrained(args.init, config=config, ignore_mismatched_sizes=True)
    else:
        model = AutoModelForSequenceClassification.from_config(config)

    def encoded(examples):
        ids = tokenizer([x for x, _ in examples], truncation=True, max_length=s["max_length"] or config.max_position_embeddings)["input_ids"]
        return list(zip(ids, (label_ids[y] for _, y in examples)))

    def batch(rows):
        width = max(len(ids) for ids, _ in rows)
        ids = torch.tensor([row + [tokenizer.pad_token_id] * (width - len(row)) for row, _ in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row, _ in rows])
        return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([y for _, y in rows])}

    def accuracy(examples):
        model.eval()
        right, order = 0, sorted(examples, key=lambda e: len(e[0]))
        with torch.no_grad():
            for i in range(0, len(order), 64):
                b = batch(order[i:i + 64])
                right += (model(**b).logits.argmax(-1) == b["labels"]).sum().item()
        return 100 * right / len(examples)

    learned, valid = (encoded(part) for part in held_out(train, seed))
    size, epochs = s["per_device_train_batch_size"], int(s["num_train_epochs"])
    updates = epochs * ((len(learned) + size - 1) // size)
    decays = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decays, "weight_decay": s["weight_decay"]}, {"params": plain, "weight_decay": 0.0}],
                                  lr=s["learning_rate"], betas=(s["adam_beta1"], s["adam_beta2"]), eps=s["adam_epsilon"])
    schedule = get_linear_schedule_with_warmup(optimizer, int(s["warmup_ratio"] * updates), updates)
    best, kept, drawn = -1, None, random.Random(seed)
    for _ in range(epochs):
        model.train()
        drawn.shuffle(learned)
        for i in range(0, len(learned), size):
            loss = model(**batch(learned[i:i + size])).loss
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), s["max_grad_norm"])
            optimizer.step()
            schedule.step()
        reached = accuracy(valid)
        if reached > best:
            best, kept = reached, copy.deepcopy(model.state_dict())
    seconds = time.time() - begin
    model.load_state_dict(kept)
    found = accuracy(encoded(test))
    print(f"PyTorch, seed {seed}: {found:.2f} (held out {best:.2f}), {seconds:.0f} s", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test")
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--init")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--skip", default="")
    args = parser.parse_args()
    if not args.test and not args.folds:
        parser.error("expected --test, or --folds")
    train, test = read(args.train), read(args.test) if args.test else []
    if "linear" not in args.skip:
        linear(train, test, args.folds)
    if "torch" not in args.skip and test:
        import torch
        torch.set_num_threads(args.threads)
        found = [tune(args, train, test, int(seed)) for seed in args.seeds.split(",")]
        if len(found) > 1:
            print(f"PyTorch: {statistics.mean(found):.2f} +- {statistics.stdev(found):.2f} over {len(found)} seeds")


if __name__ == "__main__":
    main()
