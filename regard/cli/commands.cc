#include <array>

#include "regard/cli/command.h"

namespace regard::cli {
namespace {

constexpr std::array table{
    Command{"demo", "trains a small model on number words, translates unseen ones, shows where it looked",
            "regard demo\nregard demo --output somewhere --threads 2", declare_demo},
    Command{
        "train", "trains a model on your data",
        "regard train translation --train train.en --train-target train.de --valid valid.en --valid-target "
        "valid.de --output model\n"
        "regard train translation --train pairs.tsv --output model --preset small --set learning_rate=1e-3\n"
        "regard train translation --train pairs.tsv --output model --resume",
        declare_train},
    Command{"translate", "translates lines of text",
            "echo 'Hello, world!' | regard translate opus-mt-en-zh\n"
            "regard translate model news.en > news.de\n"
            "regard translate model --beam 5 --json --alignment < news.en",
            declare_translate},
    Command{"score", "scores lines against references",
            "regard translate model test.en | regard score bleu --reference test.de\n"
            "regard score bleu --reference a.txt --reference b.txt output.txt --json",
            declare_score},
    Command{"tokenize", "splits lines of text into the tokens of a model",
            "echo 'Hello, world!' | regard tokenize opus-mt-en-zh\n"
            "regard tokenize model --ids news.en\n"
            "regard tokenize model --json < news.en",
            declare_tokenize},
    Command{"detokenize", "turns lines of token ids back into text",
            "regard tokenize model --ids news.en | regard detokenize model", declare_detokenize},
    Command{"generate", "searches for the ids that a model answers ids with",
            "regard generate opus-mt-en-zh --input-ids \"3 125 0\" --output-ids\n"
            "regard generate model --input-ids \"5 9 2\" --output-ids --config '{\"num_beams\": 4}'",
            declare_generate},
    Command{"forward", "runs a model once on tensors and writes what it computes",
            "regard forward model --inputs in.safetensors --outputs out.safetensors\n"
            "regard forward model --inputs in.safetensors --outputs out.safetensors --dtype f64 \\\n"
            "       --hidden-states --attentions --gradients model.shared.weight",
            declare_forward},
    Command{"info", "what a model or a file holds; without one, this program and this machine",
            "regard info\nregard info opus-mt-en-zh\nregard info model.safetensors --json", declare_info},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace regard::cli
