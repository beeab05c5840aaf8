#include "regard/tasks/translate.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>

#include "regard/base/error.h"
#include "regard/base/line_count.h"
#include "regard/cli/command.h"
#include "regard/cli/generation_options.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/cli/translate_columns.h"
#include "regard/tasks/translate_output.h"

namespace regard::cli {
namespace {

struct TranslateCommand {
  std::string model;
  std::vector<std::string> files;
  GenerationOptions generation;
  std::int64_t batch_size = 32;
  std::int64_t batch_tokens = 4096;
  std::int64_t nbest = 0;
  bool scores = false;
  bool quality = false;
  bool attention = false;
  bool alignment = false;
  std::string alignment_by;
  std::int64_t alignment_layer = -1;
  std::string alignment_heads;
  std::optional<std::string> prefix;
  std::string columns;
  bool replace_unknown = false;
  bool keep_placeholders = false;
  std::vector<std::string> keep;
  bool split_sentences = false;
  bool summarizes = false;  // what is too long is cut, not taken in pieces
};

// "0,2,5"
std::vector<std::int64_t> heads_of(const std::string& text) {
  std::vector<std::int64_t> heads;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    std::int64_t head = -1;
    const auto [end, error] = std::from_chars(text.data() + begin, text.data() + comma, head);
    if (error != std::errc{} || end != text.data() + comma || head < 0)
      throw UsageError(fmt::format("--alignment-heads: found '{}', expected numbers from 0 as in 0,3", text));
    heads.push_back(head);
    begin = comma + 1;
  }
  return heads;
}

tasks::OutputOptions output_of(const TranslateCommand& command, bool json) {
  tasks::OutputOptions options;
  options.scores = command.scores;
  options.quality = command.quality;
  options.alignment = command.alignment;
  options.nbest = command.nbest > 0;
  const bool tokens = command.alignment_by.empty() ? json : command.alignment_by == "tokens";
  options.alignment_unit = tokens ? tasks::AlignmentUnit::tokens : tasks::AlignmentUnit::words;
  return options;
}

void check(const TranslateCommand& command, bool json) {
  if (command.attention && !json) throw UsageError("--attention: it is a key of --json, which is not given");
  if (!command.alignment_by.empty() && !command.alignment)
    throw UsageError("--alignment-by acts only with --alignment");
  const bool reads =
      command.alignment || command.replace_unknown || command.keep_placeholders || !command.keep.empty();
  if (!reads && (command.alignment_layer >= 0 || !command.alignment_heads.empty()))
    throw UsageError(
        "--alignment-layer and --alignment-heads act only with --alignment, --replace-unknown or --keep");
  if (command.prefix && TranslateColumns(command.columns).has_prefix())
    throw UsageError("--prefix and a prefix in --columns: expected one of them");
}

// What happened to the lines, for the messages at the end.
struct Counts {
  std::size_t lines = 0, too_long = 0, split = 0;
  std::int64_t pieces = 0, unknown_replaced = 0, kept = 0, placed = 0;

  void add(const tasks::Translation& t) {
    ++lines;
    too_long += t.too_long ? 1 : 0;
    split += t.pieces > 1 ? 1 : 0;
    pieces += t.pieces > 1 ? t.pieces : 0;
    unknown_replaced += t.unknown_replaced;
    kept += t.kept;
    placed += t.placed;
  }

  void report(const Log& log, std::int64_t positions, bool cut) const {
    if (too_long > 0)
      log.warning(fmt::format("{} of {} lines were longer than the model's {} positions{}", too_long, lines,
                              positions, cut ? " and were cut" : ""));
    if (split > 0) log.info(fmt::format("{} of {} lines were translated in {} pieces", split, lines, pieces));
    if (unknown_replaced > 0)
      log.info(fmt::format("{} unknown tokens were replaced by source words", unknown_replaced));
    if (placed > 0)
      log.warning(
          fmt::format("{} of {} kept parts did not come through the model and were put where its "
                      "attention says",
                      placed, kept + placed));
    else if (kept > 0)
      log.info(fmt::format("{} parts were kept", kept));
  }
};

// How many lines the files have, before anything is read; 0: not known.
std::int64_t total_lines(std::vector<std::string> files) {
  if (files.empty()) files.emplace_back("-");
  std::int64_t lines = 0;
  for (const std::string& file : files) {
    const auto count = count_lines(file);
    if (!count) return 0;
    lines += *count;
  }
  return lines;
}

ProgressOptions progress_of(const TranslateCommand& command, Console& console) {
  ProgressOptions options = console.progress(command.summarizes ? "summarizing" : "translating", "lines", 0);
  // On a terminal the answers are the progress.
  if (isatty(STDOUT_FILENO) == 1) options.sink = {};
  if (options.sink) options.total = total_lines(command.files);
  return options;
}

void run(const TranslateCommand& command, Console& console) {
  console.check_dtype(decoding_dtypes);
  check(command, console.json());
  hold_interrupts();
  const PlaceholderRules keep(command.keep_placeholders, command.keep);
  const std::vector<std::int64_t> heads = heads_of(command.alignment_heads);
  TranslateColumns columns(command.columns);
  const auto translator = tasks::Translator::load(command.model);
  tasks::TranslateOptions options;
  options.config =
      translator.generation(tasks::with_nbest(translator, command.generation.overrides(), command.nbest));
  options.batch_size = command.batch_size;
  options.batch_tokens = command.batch_tokens;
  options.nbest = command.nbest;
  options.alignment = command.alignment;
  options.attention = command.attention;
  if (command.alignment_layer >= 0) options.alignment_choice.layer = command.alignment_layer;
  options.alignment_choice.heads = heads;
  options.replace_unknown = command.replace_unknown;
  options.keep = keep.empty() ? nullptr : &keep;
  options.split_sentences = command.split_sentences;
  options.cut_sources = command.summarizes;
  options.cancelled = interrupted;
  if (command.prefix) options.prefix = *command.prefix;
  const tasks::OutputOptions output = output_of(command, console.json());

  LateProgress progress(progress_of(command, console));
  Counts counts;
  options.translated = [&](std::size_t lines) {
    progress.update(static_cast<std::int64_t>(counts.lines + lines));
  };
  InputLines input(command.files);
  // Enough lines to find batches of similar length, few enough that answers come soon.
  const auto chunk = static_cast<std::size_t>(command.batch_size) * 16;
  for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
    std::vector<std::string> sources;
    if (columns.has_prefix()) options.prefixes.clear();
    for (const std::string& line : lines) {
      const auto cells = columns.split(line);
      if (!cells) continue;
      sources.push_back(cells->source);
      if (columns.has_prefix()) options.prefixes.push_back(cells->prefix);
    }
    const auto translations = translator.translate(sources, console.step_options(), options);
    for (const tasks::Translation& t : translations) {
      console.out().line(console.json() ? to_line(tasks::to_json(t, output))
                                        : tasks::to_text(t, counts.lines, output));
      counts.add(t);
    }
    console.out().flush();
  }
  progress.finish();
  counts.report(console.log(), translator.model().max_positions(), command.summarizes);
}

void declare_output(CLI::App& app, TranslateCommand& command) {
  app.add_option("--nbest", command.nbest, "so many results for a line: NUMBER ||| TEXT ||| SCORE")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--scores", command.scores, "SCORE TAB text: what the search ranks by");
  app.add_flag("--quality", command.quality, "QUALITY TAB text: the mean log p of the tokens");
  app.add_flag("--alignment", command.alignment,
               "text TAB 0-0 1-2: which source word each target word comes from (with --json: tokens)");
  app.add_option("--alignment-by", command.alignment_by, "words or tokens")
      ->check(CLI::IsMember({"words", "tokens"}));
  app.add_option(
         "--alignment-layer", command.alignment_layer,
         "the decoder's layer whose attention is read, from 0; default: the last but one, of two the last")
      ->check(CLI::Range(0, 1 << 20));
  app.add_option("--alignment-heads", command.alignment_heads, "its heads, e.g. 0,3; default: all");
  app.add_flag("--attention", command.attention, "with --json: cross-attention [layer][head][token][source]");
}

void declare_text(CLI::App& app, TranslateCommand& command) {
  app.add_option("--prefix", command.prefix, "text that every result begins with");
  app.add_option("--columns", command.columns,
                 "lines hold columns, separated by tabs: source=1,prefix=2; or names, in the first line");
  app.add_flag("--replace-unknown", command.replace_unknown,
               "an unknown token becomes the source word it looked at");
  app.add_flag("--keep-placeholders", command.keep_placeholders,
               "{name}, %s, <b>, addresses of web and mail come out as they are");
  app.add_option("--keep", command.keep,
                 "what matches this regular expression comes out as it is; repeatable")
      ->allow_extra_args(false);
  app.add_flag("--split-sentences", command.split_sentences, "translate each sentence of a line by itself");
}

Action declare(CLI::App& app, std::shared_ptr<TranslateCommand> command) {
  app.add_option("MODEL", command->model, "a checkpoint directory")->required();
  app.add_option("FILE", command->files, "text, one item a line (- or none: standard input; .gz is read)");
  command->generation.declare(app);
  app.add_option("--batch-size", command->batch_size, "lines translated together, at most")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--batch-tokens", command->batch_tokens, "lines x the longest one's tokens, at most")
      ->check(CLI::Range(1, 1 << 30));
  declare_output(app, *command);
  declare_text(app, *command);
  return [command](Console& console) { run(*command, console); };
}

}  // namespace

Action declare_translate(CLI::App& app) { return declare(app, std::make_shared<TranslateCommand>()); }

Action declare_summarize(CLI::App& app) {
  auto command = std::make_shared<TranslateCommand>();
  command->summarizes = true;
  return declare(app, command);
}

}  // namespace regard::cli
