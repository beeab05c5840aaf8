#include "regard/tasks/demo.h"

#include <fmt/format.h>

#include <chrono>
#include <set>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/base/random.h"
#include "regard/explain/page.h"
#include "regard/tasks/explain.h"
#include "regard/tasks/number_alignment.h"
#include "regard/tasks/numbers.h"
#include "regard/tasks/translate.h"

namespace regard::tasks {
namespace {

constexpr std::int64_t decoder_layers = 2;

// Different numbers: for learning all lengths alike (of the short ones there are few), for testing all
// numbers alike.
struct Numbers {
  std::vector<std::int64_t> train, valid, test;
};

Numbers draw_numbers(const DemoOptions& options) {
  constexpr std::int64_t validated = 200;
  RandomStream random(RandomKey{options.seed}.fold(1));
  std::set<std::int64_t> taken;
  Numbers numbers;
  const auto draw = [&](std::vector<std::int64_t>& into, std::int64_t count, auto&& next) {
    while (static_cast<std::int64_t>(into.size()) < count) {
      const std::int64_t n = next();
      if (taken.insert(n).second) into.push_back(n);
    }
  };
  const auto any = [&] { return static_cast<std::int64_t>(random.below(numbers_end)); };
  const auto any_length = [&] {
    // A fifth has holes: zeros in a row are the hard part of this notation.
    std::int64_t n = any();
    for (std::int64_t place = 1; place < numbers_end && random.below(5) == 0; place *= 10)
      n -= n / place % 10 * place;
    for (std::uint64_t cut = random.below(8); cut > 4; --cut) n /= 10;
    return n;
  };
  draw(numbers.test, options.unseen, any);
  draw(numbers.valid, validated, any);
  for (std::int64_t n = 0; n < 100; ++n)
    if (taken.insert(n).second) numbers.train.push_back(n);
  draw(numbers.train, options.examples, any_length);
  return numbers;
}

void write_pairs(const std::filesystem::path& path, const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t n : numbers) text += english_number(n) + '\t' + chinese_number(n) + '\n';
  write_atomically(path, text);
}

void make_folder(const std::filesystem::path& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure) throw Error(fmt::format("{}: cannot make the folder: {}", path.string(), failure.message()));
}

// A model that an earlier demonstration left.
void remove_model(const std::filesystem::path& model) {
  if (!std::filesystem::exists(model)) return;
  if (!std::filesystem::exists(model / "regard.json") && !std::filesystem::is_empty(model))
    throw UsageError(fmt::format("{}: found something that is no trained model, expected a folder to write",
                                 model.string()));
  std::error_code failure;
  std::filesystem::remove_all(model, failure);
  if (failure) throw Error(fmt::format("{}: cannot be removed: {}", model.string(), failure.message()));
}

TranslationTraining training_of(const DemoOptions& options) {
  constexpr std::int64_t usual_updates = 700;
  const std::int64_t updates = options.updates > 0 ? options.updates : usual_updates;
  TranslationTraining training;
  training.train.files = {{options.directory / "data" / "train.tsv"}};
  training.valid.files = {{options.directory / "data" / "valid.tsv"}};
  training.output = options.directory / "model";
  training.seed = options.seed;
  training.settings = {
      {"max_steps", updates},
      {"d_model", 64},
      {"encoder_layers", 2},
      {"decoder_layers", decoder_layers},
      {"encoder_attention_heads", 4},
      {"decoder_attention_heads", 4},
      {"encoder_ffn_dim", 256},
      {"decoder_ffn_dim", 256},
      {"max_position_embeddings", 64},
      {"dropout", 0.0},
      {"vocab_size", 160},
      {"batch_tokens", 4096},
      {"learning_rate", 4e-3},
      {"warmup_steps", 100},
      {"lr_scheduler_type", "cosine"},
      {"label_smoothing_factor", 0.1},
      {"logging_steps", 50},
      {"eval_steps", std::max<std::int64_t>(1, updates / 2)},
      {"save_steps", std::max<std::int64_t>(1, updates / 2)},
      {"predict_with_generate", false},  // BLEU sees one word in a Chinese numeral; we count exact matches
      {"average_checkpoints", 1}};
  training.command_line = {"regard", "demo"};
  return training;
}

// A few numbers of every kind, where the model looked for each, and why.
void write_page(const DemoResult& demo, const StepOptions& step) {
  const std::vector<std::int64_t> shown{342506, 200506, 150000, 215, 101000, 1001, 999999, 10, 70080, 618};
  const Explainer explainer = Explainer::load(demo.model);
  ExplainOptions options;
  options.most_explained = 10;  // a model that has learned nothing yet may write long lines
  explain::Page page;
  page.title = "Where the model looked: number words to Chinese numerals";
  page.note = "A small Transformer that Regard trained from nothing on this machine.";
  for (const std::int64_t n : shown)
    page.examples.push_back({"", explainer.explain(english_number(n), step, options)});
  write_atomically(demo.page, explain::html_page(page));
}

void write_data(const Numbers& numbers, const std::filesystem::path& directory) {
  make_folder(directory);
  write_pairs(directory / "train.tsv", numbers.train);
  write_pairs(directory / "valid.tsv", numbers.valid);
  write_pairs(directory / "unseen.tsv", numbers.test);
}

}  // namespace

void write_demo_data(const DemoOptions& options) {
  write_data(draw_numbers(options), options.directory / "data");
}

DemoResult run_demo(const DemoOptions& options, const train::Surroundings& around) {
  const Numbers numbers = draw_numbers(options);
  write_data(numbers, options.directory / "data");

  DemoResult result;
  result.model = options.directory / "model";
  result.page = options.directory / "attention.html";
  remove_model(result.model);
  const auto begin = std::chrono::steady_clock::now();
  train_translation(training_of(options), around);
  result.training_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const Translator translator = Translator::load(result.model);
  TranslateOptions how;
  how.config = translator.generation();
  how.cancelled = around.stop;
  std::vector<std::string> sources;
  for (const std::int64_t n : numbers.test) sources.push_back(english_number(n));
  const auto translations = translator.translate(sources, around.step, how);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    DemoLine line{sources[i], translations[i].text, chinese_number(numbers.test[i])};
    result.exact += line.target == line.expected ? 1 : 0;
    result.lines.push_back(std::move(line));
  }
  result.alignment_error_rate = number_alignment(translator, numbers.test, around.step).error_rate;
  for (std::int64_t layer = 0; layer < decoder_layers; ++layer)
    result.layer_error_rates.push_back(
        number_alignment(translator, numbers.test, around.step, {layer, {}}).error_rate);
  write_page(result, around.step);
  return result;
}

}  // namespace regard::tasks
