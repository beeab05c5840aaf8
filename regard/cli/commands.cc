#include <fmt/format.h>

#include <array>
#include <vector>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/cli/classify.h"
#include "regard/cli/command.h"
#include "regard/cli/explain.h"
#include "regard/cli/find.h"
#include "regard/cli/merge.h"

namespace regard::cli {
namespace {

constexpr std::array table{
    Command{
        "demo", "trains a small model on number words, translates unseen ones, shows where it looked",
        "regard demo\nregard demo --output somewhere --threads 2\nregard demo --data-only --output numbers",
        declare_demo},
    Command{
        "train", "trains a model on your data",
        "regard train translation --train train.en --train-target train.de --valid valid.en --valid-target "
        "valid.de --output model\n"
        "regard train translation --train pairs.tsv --output model --preset small --set learning_rate=1e-3\n"
        "regard train translation --train pairs.tsv --output model --resume\n"
        "regard train summarization --train mails.jsonl --columns source=body,target=subject --output model",
        declare_train},
    Command{"plot", "draws the training curves of runs, here or as SVG",
            "regard plot model\n"
            "regard plot run1 run2 --svg curves.svg --title 'With and without warm-up'\n"
            "regard plot model --metric bleu --metric learning_rate",
            declare_plot},
    Command{"translate", "translates lines of text",
            "echo 'Hello, world!' | regard translate opus-mt-en-zh\n"
            "regard translate model news.en > news.de\n"
            "regard translate model --beam 5 --json --alignment < news.en",
            declare_translate},
    Command{"summarize", "summarizes texts, one a line",
            "regard summarize bart-large-cnn < articles.txt\n"
            "regard summarize t5-small articles.txt --config '{\"max_new_tokens\": 60}'",
            declare_summarize},
    Command{"score", "scores lines against references",
            "regard translate model test.en | regard score bleu --reference test.de\n"
            "regard score bleu --reference a.txt --reference b.txt output.txt --json\n"
            "regard score ter --reference test.de --paired-bootstrap baseline.de other.de",
            declare_score},
    Command{"evaluate", "measures a model on data: the metrics of its task",
            "regard evaluate model test.en --target test.de\n"
            "regard evaluate model test.tsv --beam 5 --metric chrf++ --json",
            declare_evaluate},
    Command{"tokenize", "splits lines of text into the tokens of a model",
            "echo 'Hello, world!' | regard tokenize opus-mt-en-zh\n"
            "regard tokenize model --ids news.en\n"
            "regard tokenize model --json < news.en",
            declare_tokenize},
    Command{"detokenize", "turns lines of token ids back into text",
            "regard tokenize model --ids news.en | regard detokenize model", declare_detokenize},
    Command{"generate", "continues lines of text, or ids",
            "echo 'Once upon a time' | regard generate gpt2\n"
            "regard generate llama prompts.txt --sample --temperature 0.7 --max-new-tokens 100\n"
            "regard generate gpt2 --input-ids \"464 3290\" --output-ids --config '{\"num_beams\": 4}'",
            declare_generate},
    Command{"embed", "turns lines of text into vectors",
            "regard embed all-MiniLM-L6-v2 sentences.txt > vectors.txt\n"
            "echo 'A man plays the guitar.' | regard embed all-MiniLM-L6-v2 --json",
            declare_embed},
    Command{"fill-mask", "finds the tokens that are missing in lines of text",
            "echo 'The capital of France is [MASK].' | regard fill-mask bert-base-uncased\n"
            "echo 'Das ist ein <mask> Tag.' | regard fill-mask xlm-roberta-base --top 5",
            declare_fill_mask},
    Command{"classify", "tells which of a model's labels lines of text have",
            "echo 'a moving film' | regard classify model\n"
            "regard classify model reviews.txt --top 3\n"
            "regard classify model questions.tsv --pairs --json",
            declare_classify},
    Command{"merge", "merges an adapter (LoRA) into the weights of its model",
            "regard merge bert-base-uncased adapter merged", declare_merge},
    Command{"tag", "finds names and the like: a tag for each word, entities with their places",
            "echo 'Angela Merkel was born in Hamburg.' | regard tag bert-base-NER\n"
            "regard tag bert-base-NER news.txt --json\n"
            "regard tag model --input conll test.conll",
            declare_tag},
    Command{"answer", "finds answers to questions in texts",
            "printf 'Who won?\\tBayern won the cup in 1984.\\n' | regard answer roberta-base-squad2\n"
            "regard answer model dev-v2.0.json --no-answer --json\n"
            "regard answer model questions.tsv --top 3",
            declare_answer},
    Command{"explain", "shows why a model answers what it does, and what is inside it",
            "regard explain model 'a moving film'\n"
            "regard explain opus-mt-en-de 'The bank was closed.' --contrast 'Das Ufer war geschlossen.'\n"
            "regard explain gpt2 'The capital of France is' --target ' Paris' --json\n"
            "regard explain model --probes\n"
            "regard explain model 'a moving film' --ablate 'encoder.block.3.attention.heads:heads=2'\n"
            "regard explain model --file texts.txt",
            declare_explain},
    Command{"forward", "runs a model once on tensors and writes what it computes",
            "regard forward model --inputs in.safetensors --outputs out.safetensors\n"
            "regard forward model --inputs in.safetensors --outputs out.safetensors --dtype f64 \\\n"
            "       --hidden-states --attentions --gradients model.shared.weight",
            declare_forward},
    Command{"quantize",
            "writes a model with weights in 8 bits, as compressed-tensors and transformers read them",
            "regard quantize opus-mt-en-de opus-mt-en-de-int8\n"
            "regard quantize model model-int8 --weights int8 --json",
            declare_quantize},
    Command{"bench", "what this machine can do at most, and how near to it the kernels come",
            "regard bench\nregard bench gemm --dtype bf16 --threads 1\nregard bench decode train --json",
            declare_bench},
    Command{"info", "what a model or a file holds; without one, this program and this machine",
            "regard info\nregard info opus-mt-en-zh\nregard info model.safetensors --json", declare_info},
    Command{"completion", "completes commands and options in your shell",
            "source <(regard completion bash)\n"
            "regard completion zsh --file ~/.zfunc/_regard\n"
            "regard completion fish --file ~/.config/fish/completions/regard.fish",
            declare_completion},
    Command{"man", "prints manual pages", "regard man train | man -l -\nregard man --directory man1",
            declare_man},
};

}  // namespace

std::span<const Command> commands() { return table; }

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& c : commands()) {
    if (name == c.name) return c;
    names.emplace_back(c.name);
  }
  throw UsageError(
      fmt::format("no command '{}'{} (regard --help lists them)", name, did_you_mean(name, names)));
}

}  // namespace regard::cli
