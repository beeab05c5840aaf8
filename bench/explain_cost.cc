// What reading attention costs beside a plain forward pass, side by side in one run.
//
//   explain_cost [--model MODEL] [--tokens N] [--rounds N] [--threads N]
//
// Without MODEL it is an encoder of BERT-base's shape with drawn weights (12 layers of 12 heads, width 768),
// on one text of 512 tokens. Prints the median time of a pass alone, with all attention read and kept in 8
// bits, and with the rows of one head read; the medians of the ratios, taken round by round; and by how much
// reading all raised the most memory that the process held.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "regard/base/error.h"
#include "regard/explain/attention_reader.h"
#include "regard/explain/named_values.h"
#include "regard/explain/subject.h"
#include "regard/models/registry.h"

namespace {

using namespace regard;

struct Settings {
  std::string model;
  int tokens = 512, rounds = 9, threads = 2;
};

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--model")
      settings.model = argv[i + 1];
    else if (name == "--tokens")
      settings.tokens = std::atoi(argv[i + 1]);
    else if (name == "--rounds")
      settings.rounds = std::atoi(argv[i + 1]);
    else if (name == "--threads")
      settings.threads = std::atoi(argv[i + 1]);
    else
      throw UsageError(name + ": expected --model, --tokens, --rounds or --threads");
  }
  if (argc % 2 == 0 || settings.tokens < 1 || settings.rounds < 1 || settings.threads < 1)
    throw UsageError("expected pairs of an option and a value, numbers of at least 1");
  return settings;
}

std::unique_ptr<models::Model> bert_base(int tokens) {
  const Json config{{"model_type", "bert"},      {"architectures", {"BertModel"}},
                    {"vocab_size", 30522},       {"hidden_size", 768},
                    {"num_hidden_layers", 12},   {"num_attention_heads", 12},
                    {"intermediate_size", 3072}, {"type_vocab_size", 2},
                    {"pad_token_id", 0},         {"max_position_embeddings", std::max(512, tokens)}};
  return models::create(config, RandomKey{1});
}

double most_megabytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

void measure(const Settings& settings) {
  const auto model = settings.model.empty() ? bert_base(settings.tokens) : models::load(settings.model);
  const ThreadPool threads(settings.threads);
  explain::ModelInput input;
  for (int i = 0; i < settings.tokens; ++i) input.ids.push_back(static_cast<std::int32_t>(100 + i * 7 % 900));
  if (model->kind() == models::SequenceToSequence::kind_name) input.prefix = input.ids;
  const auto seconds = [&](Probe* probe) {
    const StepOptions options{.threads = &threads, .probe = probe};
    const explain::Subject subject(*model, options);
    const auto begin = std::chrono::steady_clock::now();
    Step pass(options);
    subject.run(pass, std::span(&input, 1));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  seconds(nullptr);
  seconds(nullptr);
  const double before = most_megabytes();
  std::vector<double> plain, all, head, all_ratio, head_ratio;
  for (int round = 0; round < settings.rounds; ++round) {
    plain.push_back(seconds(nullptr));
    {
      explain::AttentionReader reader(threads, {});
      all.push_back(seconds(&reader));
    }
    explain::ValueProbe one({explain::value_choice("*coder.block.0.attention.weights:heads=0")}, {});
    head.push_back(seconds(&one));
    one.check_found();
    all_ratio.push_back(all.back() / plain.back());
    head_ratio.push_back(head.back() / plain.back());
  }
  fmt::print("plain pass          {:8.1f} ms\n", 1e3 * median(plain));
  fmt::print("all attention       {:8.1f} ms, {:.2f} x, at most {:.0f} MB more\n", 1e3 * median(all),
             median(all_ratio), most_megabytes() - before);
  fmt::print("rows of one head    {:8.1f} ms, {:.2f} x\n", 1e3 * median(head), median(head_ratio));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(parse(argc, argv));
  } catch (const Error& error) {
    fmt::print(stderr, "explain_cost: {}\n", error.what());
    return 1;
  }
  return 0;
}
