#include <fmt/format.h>

#include <cmath>

#include "regard/base/error.h"
#include "regard/cli/evaluate_command.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/data/parallel_files.h"
#include "regard/metrics/resampling.h"
#include "regard/tasks/evaluate_text.h"
#include "regard/tasks/fill_mask.h"
#include "regard/tasks/generate_text.h"

// Language models: how well they know a text.

namespace regard::cli {
namespace {

data::TextFiles text_files(const EvaluateCommand& command) {
  refuse_option(!command.targets.empty(), command, "--target");
  refuse_option(!command.metrics.empty(), command, "--metric");
  refuse_option(!command.output.empty(), command, "--output");
  refuse_option(!command.generation.overrides().empty(), command, "decoding options");
  refuse_option(command.report, command, "--report");
  command.metric_options.require_used({"perplexity"});
  return {{command.files.begin(), command.files.end()}, data::parse_columns(command.columns, {"text"})};
}

// Of the loss, nats a token, from windows drawn with replacement.
Confidence confidence_of_loss(const tasks::TextEvaluation& found, Console& console) {
  const auto loss = [&](std::span<const std::size_t> drawn) {
    double nats = 0, tokens = 0;
    for (const std::size_t i : drawn) {
      nats += found.window_nats[i];
      tokens += found.window_tokens[i];
    }
    return tokens > 0 ? nats / tokens : 0;
  };
  return confidence_of(bootstrap_scores(found.window_nats.size(), loss, {.threads = &console.threads()}));
}

void print(const EvaluateCommand& command, const tasks::TextEvaluation& found, Console& console) {
  Json json = to_json(found.loss);
  json["task"] = command.task;
  json["documents"] = found.documents;
  json["not_predicted"] = found.not_predicted;
  const TextLoss& loss = found.loss;
  std::string interval;
  if (command.confidence) {
    const Confidence c = confidence_of_loss(found, console);
    json["confidence"] = {{"mean", c.mean},
                          {"half_width", c.half_width()},
                          {"low", c.low},
                          {"mid", c.median},
                          {"high", c.high}};
    interval = fmt::format(" (perplexity {:.3f} to {:.3f})", std::exp(c.low), std::exp(c.high));
  }
  if (console.json()) return console.out().line(to_line(json));
  console.out().line(fmt::format("loss {:.4f} nats/token, perplexity {:.3f}{}, over {} tokens",
                                 loss.per_token(), loss.token_perplexity(), interval, loss.tokens));
  console.out().line(fmt::format("perplexity {:.3f} per word, {:.4f} per byte, over {} words and {} bytes",
                                 loss.word_perplexity(), loss.byte_perplexity(), loss.size.words,
                                 loss.size.bytes));
  console.out().line(fmt::format("{:.4f} bits/character, {:.4f} bits/byte", loss.bits_per_character(),
                                 loss.bits_per_byte()));
}

template <class Evaluate>
void evaluate(const EvaluateCommand& command, Console& console, Evaluate&& of) {
  LateProgress progress(console.progress("measuring", "tokens", 0));
  const tasks::TextEvaluation found =
      of(tasks::TextEvaluationOptions{.window = command.window,
                                      .stride = command.stride,
                                      .mask_every = command.mask_every < 0 ? 7 : command.mask_every,
                                      .batch_tokens = command.batch_tokens,
                                      .cancelled = interrupted,
                                      .measured = [&](std::int64_t tokens) { progress.update(tokens); }});
  progress.finish();
  print(command, found, console);
}

}  // namespace

void evaluate_text_generation(const EvaluateCommand& command, Console& console) {
  refuse_option(command.mask_every >= 0, command, "--mask-every");
  const data::TextFiles files = text_files(command);
  const auto generator = tasks::TextGenerator::load(command.model);
  evaluate(command, console, [&](const tasks::TextEvaluationOptions& how) {
    return tasks::evaluate_causal({generator.model(), generator.tokenizer()}, files, console.step_options(),
                                  how);
  });
}

void evaluate_fill_mask(const EvaluateCommand& command, Console& console) {
  refuse_option(command.stride > 0, command, "--stride");
  const data::TextFiles files = text_files(command);
  const auto filler = tasks::MaskFiller::load(command.model);
  evaluate(command, console, [&](const tasks::TextEvaluationOptions& how) {
    return tasks::evaluate_masked({filler.model(), filler.tokenizer()}, files, console.step_options(), how);
  });
}

}  // namespace regard::cli
