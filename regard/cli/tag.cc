#include "regard/tasks/tag.h"

#include <fmt/format.h>

#include <memory>

#include "regard/base/json.h"
#include "regard/cli/find.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/data/conll.h"
#include "regard/tasks/word_tokens.h"
#include "regard/text/split_words.h"

namespace regard::cli {
namespace {

struct TagCommand {
  std::string model;
  std::vector<std::string> files;
  std::string input = "text", aggregation = "first";
  tasks::TagOptions options;
};

// Texts one after another, as --input says they come.
class Texts {
 public:
  explicit Texts(const TagCommand& command) : lines_(command.files), input_(command.input) {}

  // Empty at the end.
  std::vector<tasks::WordText> take(std::size_t most) {
    std::vector<tasks::WordText> texts;
    while (texts.empty()) {
      auto lines = lines_.take(most);
      if (lines.empty()) {
        if (!words_.empty()) finish(texts);
        return texts;
      }
      for (std::string& line : lines) add(std::move(line), texts);
    }
    return texts;
  }

 private:
  void add(std::string line, std::vector<tasks::WordText>& texts) {
    if (input_ != "conll") {
      tasks::WordText& text = texts.emplace_back();
      text.text = std::move(line);
      text.words = input_ == "words" ? split_at_white_space(text.text) : split_words(text.text);
      return;
    }
    std::string word = data::conll_word(line);
    if (!word.empty())
      words_.push_back(std::move(word));
    else if (!words_.empty())
      finish(texts);
  }
  void finish(std::vector<tasks::WordText>& texts) {
    tasks::JoinedWords joined = tasks::join_words(words_);
    texts.push_back({std::move(joined.text), std::move(joined.words)});
    words_.clear();
  }

  InputLines lines_;
  std::string input_;
  std::vector<std::string> words_;  // of a sentence that is not yet at its end
};

void print(const tasks::WordText& text, const tasks::TaggedText& tagged, Console& console) {
  if (console.json()) {
    Json entities = Json::array();
    for (const tasks::TaggedEntity& e : tagged.entities)
      entities.push_back(
          {{"text", e.text}, {"label", e.label}, {"start", e.start}, {"end", e.end}, {"score", e.score}});
    return console.out().line(to_line({{"entities", entities}}));
  }
  for (const tasks::TaggedWord& word : tagged.words)
    console.out().line(fmt::format("{}\t{}", part(text.text, word.span), word.tag));
  console.out().line("");
}

void run(TagCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  const StepOptions step = console.step_options();
  hold_interrupts();
  command.options.aggregation = tasks::aggregation(command.aggregation);
  command.options.rows.cancelled = interrupted;
  const auto tagger = tasks::Tagger::load(command.model);
  Texts input(command);
  LateProgress progress(console.progress("tagging", "lines", 0));
  std::int64_t done = 0;
  const auto chunk = static_cast<std::size_t>(command.options.rows.batch_size) * 4;
  for (auto texts = input.take(chunk); !texts.empty(); texts = input.take(chunk)) {
    const auto tagged = tagger.tag(texts, step, command.options);
    for (std::size_t i = 0; i < texts.size(); ++i) print(texts[i], tagged[i], console);
    console.out().flush();
    progress.update(done += static_cast<std::int64_t>(texts.size()));
  }
  progress.finish();
}

}  // namespace

Action declare_tag(CLI::App& app) {
  auto command = std::make_shared<TagCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory of a model for token classification")
      ->required();
  app.add_option("FILE", command->files, "text, one item a line (- or none: standard input; .gz is read)");
  app.add_option(
         "--input", command->input,
         "text: lines whose words are found, marks apart; words: lines whose words are already parted by "
         "blanks; conll: a word a line (its first column), a blank line between sentences; default: text")
      ->check(CLI::IsMember({"text", "words", "conll"}));
  app.add_option("--aggregation", command->aggregation,
                 "which of a word's tokens tell its tag: first, average or max; default: first")
      ->check(CLI::IsMember({"first", "average", "max"}));
  app.add_option("--batch-size", command->options.rows.batch_size, "lines computed together, at most")
      ->check(CLI::Range(1, 1 << 16));
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
