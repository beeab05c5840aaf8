#include "regard/tasks/answer.h"

#include <fmt/format.h>

#include <memory>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/cli/find.h"
#include "regard/cli/input_lines.h"
#include "regard/cli/interrupt.h"
#include "regard/cli/late_progress.h"
#include "regard/data/questions.h"
#include "regard/tasks/translate_output.h"

namespace regard::cli {
namespace {

struct AnswerCommand {
  std::string model;
  std::vector<std::string> files;
  std::int64_t top = 0;
  tasks::AnswerOptions options;
};

struct Asked {
  std::vector<tasks::QuestionText> questions;
  std::vector<std::string> ids;  // empty where they have none
};

// Questions one after another: of files that hold them, or of lines.
class Source {
 public:
  explicit Source(const AnswerCommand& command) : files_(command.files) {
    if (files_.empty()) files_.emplace_back("-");
  }

  // Empty at the end.
  Asked take(std::size_t most) {
    Asked asked;
    while (asked.questions.empty() && (lines_ || next_ < held_.questions.size() || file_ < files_.size())) {
      if (next_ < held_.questions.size())
        take_held(asked, most);
      else if (lines_)
        take_lines(asked, most);
      else
        open(files_[file_++]);
    }
    return asked;
  }

 private:
  void open(const std::string& file) {
    if (data::holds_questions(file)) {
      held_ = data::read_questions({file}, {.answers = data::QuestionFormat::Answers::unread, .columns = {}},
                                   interrupted);
      next_ = 0;
    } else {
      lines_ = std::make_unique<InputLines>(std::vector<std::string>{file});
      name_ = file == "-" ? "standard input" : file;
      line_ = 0;
    }
  }
  void take_held(Asked& asked, std::size_t most) {
    for (; next_ < held_.questions.size() && asked.questions.size() < most; ++next_) {
      const data::Question& q = held_.questions[next_];
      asked.questions.push_back({q.text, held_.context(q)});
      asked.ids.push_back(q.id);
    }
  }
  void take_lines(Asked& asked, std::size_t most) {
    const std::vector<std::string> lines = lines_->take(most);
    if (lines.empty()) lines_.reset();
    for (const std::string& line : lines) {
      ++line_;
      const std::size_t tab = line.find('\t');
      if (tab == std::string::npos)
        throw InputError(fmt::format(
            "{}: line {}: found no TAB, expected a question, a TAB and the text to find its answer in", name_,
            line_));
      asked.questions.push_back({line.substr(0, tab), line.substr(tab + 1)});
      asked.ids.emplace_back();
    }
  }

  std::vector<std::string> files_;
  std::size_t file_ = 0;
  data::Questions held_;
  std::size_t next_ = 0;  // of held_
  std::unique_ptr<InputLines> lines_;
  std::string name_;
  std::uint64_t line_ = 0;
};

Json json_of(const tasks::FoundAnswer& answer) {
  return {{"answer", answer.text}, {"score", answer.score}, {"start", answer.start}, {"end", answer.end}};
}

void print(const std::vector<tasks::FoundAnswer>& answers, const std::string& id, bool several,
           Console& console) {
  if (console.json()) {
    Json json = json_of(answers.front());
    if (!id.empty()) json["id"] = id;
    if (several)
      for (const tasks::FoundAnswer& answer : answers) json["answers"].push_back(json_of(answer));
    return console.out().line(to_line(json));
  }
  for (const tasks::FoundAnswer& answer : answers)
    console.out().line(fmt::format("{}\t{:.6f}", tasks::one_line(answer.text), answer.score));
  if (several) console.out().line("");
}

void run(AnswerCommand& command, Console& console) {
  console.check_dtype(pass_dtypes);
  const StepOptions step = console.step_options();
  hold_interrupts();
  const auto answerer = tasks::Answerer::load(command.model);
  command.options.logits.cancelled = interrupted;
  command.options.spans.top = std::max<std::int64_t>(1, command.top);
  Source source(command);
  LateProgress progress(console.progress("answering", "questions", 0));
  std::int64_t done = 0;
  const auto chunk = static_cast<std::size_t>(command.options.logits.batch_size);
  for (Asked asked = source.take(chunk); !asked.questions.empty(); asked = source.take(chunk)) {
    const auto answers = answerer.answer(asked.questions, step, command.options);
    for (std::size_t i = 0; i < answers.size(); ++i)
      print(answers[i], asked.ids[i], command.top > 0, console);
    console.out().flush();
    progress.update(done += static_cast<std::int64_t>(answers.size()));
  }
  progress.finish();
}

}  // namespace

Action declare_answer(CLI::App& app) {
  auto command = std::make_shared<AnswerCommand>();
  auto& options = command->options;
  app.add_option("MODEL", command->model, "a checkpoint directory of a model for question answering")
      ->required();
  app.add_option("FILE", command->files,
                 "lines \"question TAB text\", or a .json in SQuAD's form, or a .jsonl with \"question\" and "
                 "\"context\" (- or none: lines of standard input; .gz is read)");
  app.add_option("--top", command->top,
                 "so many answers to each question: ANSWER TAB SCORE, a blank line after each question")
      ->check(CLI::Range(1, 1 << 10));
  app.add_flag("--no-answer", options.none_allowed,
               "where it is likelier that the text has no answer, an empty one is given");
  app.add_option("--max-answer-length", options.spans.max_answer_tokens,
                 "tokens of an answer, at most; default: 30")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--max-seq-length", options.windows.max_tokens,
                 "tokens that are read at once, at most; longer texts are read in windows; default: 384")
      ->check(CLI::Range(8, 1 << 20));
  app.add_option("--doc-stride", options.windows.stride,
                 "tokens of the text that two windows share; default: 128")
      ->check(CLI::Range(0, 1 << 20));
  app.add_option("--batch-size", options.logits.batch_size, "windows computed together, at most")
      ->check(CLI::Range(1, 1 << 16));
  return [command](Console& console) { run(*command, console); };
}

}  // namespace regard::cli
