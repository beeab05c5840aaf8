#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "regard/base/error.h"
#include "regard/cli/command.h"
#include "regard/cli/generation_options.h"
#include "regard/cli/interrupt.h"
#include "regard/decode/search.h"
#include "regard/models/registry.h"

namespace regard::cli {
namespace {

struct GenerateCommand {
  std::string model;
  std::vector<std::string> input_ids;
  bool output_ids = false;
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

void run(const GenerateCommand& command, Console& console) {
  console.dtype({DType::f32});
  if (!command.output_ids)
    throw UsageError(
        "generate: an encoder-decoder model takes --input-ids and gives --output-ids; for text "
        "there is `regard translate`");
  hold_interrupts();
  const auto model = models::load_as<models::SequenceToSequence>(command.model);
  decode::SearchOptions options{decode::generation_config(command.model, command.generation.overrides()),
                                interrupted};
  const std::int64_t vocabulary = JsonField(model->config(), "config.json").at("vocab_size").positive();
  std::vector<decode::TokenIds> sources;
  for (const std::string& text : command.input_ids) sources.push_back(ids_of(text, vocabulary));
  Step step(console.step_options());
  const auto results = decode::search(*model, step, sources, options);
  for (const auto& found : results)
    for (std::size_t i = 0;
         i < std::min(found.size(), static_cast<std::size_t>(options.config.num_return_sequences)); ++i) {
      const decode::Hypothesis& h = found[i];
      console.out().line(console.json() ? to_line({{"ids", h.ids}, {"score", h.score}})
                                        : fmt::format("{}", fmt::join(h.ids, " ")));
    }
}

}  // namespace

Action declare_generate(CLI::App& app) {
  auto command = std::make_shared<GenerateCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory")->required();
  app.add_option("--input-ids", command->input_ids, "the source's ids, e.g. \"12 7 2\"; once a sequence")
      ->required()
      ->allow_extra_args(false);
  app.add_flag("--output-ids", command->output_ids, "print ids, the start token first");
  command->generation.declare(app);
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
