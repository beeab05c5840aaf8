#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>

#include "regard/base/error.h"
#include "regard/cli/command.h"
#include "regard/cli/generation_options.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/decode/search.h"
#include "regard/decode/stop_strings.h"
#include "regard/models/encoder_decoder_families.h"
#include "regard/models/registry.h"
#include "regard/tasks/generate_text.h"
#include "regard/tasks/translate_output.h"

namespace regard::cli {
namespace {

struct GenerateCommand {
  std::string model;
  std::vector<std::string> files;
  std::vector<std::string> input_ids;
  bool output_ids = false;
  std::int64_t batch_size = 16;
  GenerationOptions generation;
};

decode::TokenIds ids_of(const std::string& text, std::int64_t vocabulary) {
  decode::TokenIds ids;
  for (std::size_t at = text.find_first_not_of(' '); at != std::string::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::int32_t id = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, id);
    if (error != std::errc{} || stop != text.data() + end || id < 0 || id >= vocabulary)
      throw UsageError(fmt::format("--input-ids: found '{}', expected ids from 0 to {}",
                                   text.substr(at, end - at), vocabulary - 1));
    ids.push_back(id);
    at = text.find_first_not_of(' ', end);
  }
  if (ids.empty()) throw UsageError("--input-ids: found no ids");
  return ids;
}

std::vector<std::vector<decode::Hypothesis>> search(const models::Model& model, Step& step,
                                                    const std::vector<decode::TokenIds>& sources,
                                                    const decode::SearchOptions& options) {
  if (model.kind() == models::SequenceToSequence::kind_name)
    return decode::search(static_cast<const models::SequenceToSequence&>(model), step, sources, options);
  const auto* causal = dynamic_cast<const models::CausalModel*>(&model);
  if (causal == nullptr || !causal->has_vocabulary())
    throw InputError(
        fmt::format("found {} without a decoder's projection onto the vocabulary, which "
                    "generates nothing",
                    model.kind()));
  return decode::search(*causal, step, sources, options);
}

// Ids in, ids out: no tokenizer is needed, but for strings to stop at.
void run_ids(const GenerateCommand& command, Console& console) {
  if (!command.output_ids) throw UsageError("--input-ids: give --output-ids too, or text in place of ids");
  if (!command.files.empty()) throw UsageError("--input-ids and a FILE: expected one of them");
  const auto model = models::load(command.model);
  decode::SearchOptions options{decode::generation_config(command.model, command.generation.overrides()),
                                interrupted};
  std::unique_ptr<Tokenizer> tokenizer;
  if (!options.config.stop_strings.empty()) {
    tokenizer = load_tokenizer(command.model);
    options.stops = decode::stop_at(*tokenizer, options.config.stop_strings);
  }
  const std::int64_t vocabulary = JsonField(model->config(), "config.json").at("vocab_size").positive();
  std::vector<decode::TokenIds> sources;
  for (const std::string& text : command.input_ids) sources.push_back(ids_of(text, vocabulary));
  Step step(console.step_options());
  for (const auto& found : search(*model, step, sources, options))
    for (std::size_t i = 0;
         i < std::min(found.size(), static_cast<std::size_t>(options.config.num_return_sequences)); ++i) {
      const decode::Hypothesis& h = found[i];
      console.out().line(console.json() ? to_line({{"ids", h.ids}, {"score", h.score}})
                                        : fmt::format("{}", fmt::join(h.ids, " ")));
    }
}

Json to_json(const tasks::GeneratedText& t) {
  Json alternatives = Json::array();
  for (const tasks::Continuation& a : t.alternatives)
    alternatives.push_back({{"text", a.text}, {"score", a.score}, {"tokens", a.tokens}});
  return {{"text", t.text}, {"score", t.score}, {"tokens", t.tokens}, {"alternatives", alternatives}};
}

// Continues prompts. Where one is given alone its text is written as it comes.
void run_prompts(const GenerateCommand& command, Console& console) {
  const auto generator = tasks::TextGenerator::load(command.model);
  tasks::GenerateOptions options;
  options.config = generator.generation(command.generation.overrides());
  options.batch_size = command.batch_size;
  options.cancelled = interrupted;
  std::optional<LateProgress> progress;
  options.read = [&](std::int64_t tokens, std::int64_t total) {
    if (tokens == total) return progress.reset();
    if (!progress) progress.emplace(console.progress("reading prompts", "tokens", total));
    progress->update(tokens);
  };
  const bool stream = !console.json() && tasks::streams(options.config);
  if (stream)
    options.stream = [&](std::string_view text) {
      console.out().write(tasks::one_line(std::string(text)));
      console.out().flush();
    };
  InputLines input(command.files);
  const auto chunk = static_cast<std::size_t>(command.batch_size);
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    const auto results = generator.generate(lines, console.step_options(), options);
    const bool streamed = stream && lines.size() == 1;
    for (const tasks::GeneratedText& t : results)
      console.out().line(console.json() ? to_line(to_json(t)) : streamed ? "" : tasks::one_line(t.text));
    console.out().flush();
  }
}

// An encoder-decoder answers each line.
void run_sources(const GenerateCommand& command, Console& console) {
  const auto translator = tasks::Translator::load(command.model);
  tasks::TranslateOptions options;
  options.config = translator.generation(command.generation.overrides());
  options.batch_size = command.batch_size;
  options.cancelled = interrupted;
  InputLines input(command.files);
  const auto chunk = static_cast<std::size_t>(command.batch_size) * 16;
  std::size_t number = 0;
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    for (const tasks::Translation& t : translator.translate(lines, console.step_options(), options))
      console.out().line(console.json() ? to_line(tasks::to_json(t, {})) : tasks::to_text(t, number++, {}));
    console.out().flush();
  }
}

bool is_encoder_decoder(const std::filesystem::path& directory) {
  const auto file = directory / "config.json";
  const Json config = read_json(file);
  return models::encoder_decoder_family(JsonField(config, file.string()).at("model_type").text()) != nullptr;
}

void run(const GenerateCommand& command, Console& console) {
  console.check_dtype(decoding_dtypes);
  hold_interrupts();
  if (!command.input_ids.empty()) return run_ids(command, console);
  if (command.output_ids) throw UsageError("--output-ids: give --input-ids too");
  if (is_encoder_decoder(command.model))
    run_sources(command, console);
  else
    run_prompts(command, console);
}

}  // namespace

Action declare_generate(CLI::App& app) {
  auto command = std::make_shared<GenerateCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory")->required();
  app.add_option("FILE", command->files,
                 "prompts, one a line (- or none: standard input; .gz is read). What is written is how each "
                 "goes on, without the prompt; of one alone, as it comes");
  app.add_option("--input-ids", command->input_ids,
                 "in place of text the ids of a prompt or source, e.g. \"12 7 2\"; once a sequence")
      ->allow_extra_args(false);
  app.add_flag("--output-ids", command->output_ids,
               "print ids: the prompt (or start token) and what follows; with --input-ids");
  app.add_option("--batch-size", command->batch_size, "prompts continued together, at most")
      ->check(CLI::Range(1, 1 << 16));
  command->generation.declare(app);
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
