"""Makes the golden files of learned vocabularies: a small text and what the Python package `tokenizers` learns from it.

needs: pip install tokenizers (made with 0.23)

  text.txt              drawn words and punctuation, some accents, some Chinese
  byte_level.json       tokenizer.json of BpeTrainer over ByteLevel with its whole alphabet
  plain.json            of BpeTrainer over Whitespace, with a suffix-free vocabulary and min_frequency 2
  short.json            the same with max_token_length 4
"""
import pathlib, random
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

here = pathlib.Path(__file__).parent
draw = random.Random(7)
syllables = ["ka", "lo", "mi", "ren", "tas", "u", "vé", "zor", "ab", "aab", "ba", "你", "好", "世界"]
stems = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(150)]
lines = []
for _ in range(260):
    words = [stems[min(149, int(draw.expovariate(0.03)))] for _ in range(draw.randint(3, 9))]
    lines.append(" ".join(words).capitalize() + draw.choice(".?!") + ("  " + draw.choice(words) if draw.random() < 0.2 else ""))
(here / "text.txt").write_text("\n".join(lines) + "\n")


def learn(name, pre_tokenizer, unk, **how):
    tokenizer = Tokenizer(models.BPE(unk_token=unk))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train([str(here / "text.txt")], trainers.BpeTrainer(show_progress=False, **how))
    tokenizer.save(str(here / name))


learn("byte_level.json", pre_tokenizers.ByteLevel(add_prefix_space=False), None, vocab_size=500,
      special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
learn("plain.json", pre_tokenizers.Whitespace(), "[UNK]", vocab_size=300, min_frequency=2, special_tokens=["[UNK]", "[PAD]"])
learn("short.json", pre_tokenizers.Whitespace(), "[UNK]", vocab_size=300, max_token_length=4, special_tokens=["[UNK]"])
