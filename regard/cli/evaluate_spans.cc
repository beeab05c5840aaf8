#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/cli/evaluate_command.h"
#include "regard/cli/evaluate_scores.h"
#include "regard/cli/interrupt.h"
#include "regard/data/conll.h"
#include "regard/data/questions.h"
#include "regard/metrics/entities.h"
#include "regard/tasks/answer.h"
#include "regard/tasks/tag.h"

// Models that find places in texts: entities and answers.

namespace regard::cli {
namespace {

std::vector<std::string> names_of(const EvaluateCommand& command, const std::vector<std::string>& usual) {
  std::vector<std::string> names = command.metrics.empty() ? usual : command.metrics;
  command.metric_options.require_used(names);
  for (const std::string& name : names)
    if (std::find(usual.begin(), usual.end(), name) == usual.end())
      throw UsageError(fmt::format("--metric: found {}, expected {} for {}", name, fmt::join(usual, " or "),
                                   command.task));
  return names;
}

tasks::WordText text_of(const data::TaggedSentence& sentence) {
  tasks::WordText text;
  for (const std::string& word : sentence.words) {
    if (!text.text.empty()) text.text += ' ';
    text.words.push_back({text.text.size(), text.text.size() + word.size()});
    text.text += word;
  }
  return text;
}

// Of the model's tags and those of the data: how the letters of BILOU are read (regard/metrics/entities.h).
class TagReader {
 public:
  explicit TagReader(std::vector<std::string> tags) : tags_(std::move(tags)) {
    std::sort(tags_.begin(), tags_.end());
    tags_.erase(std::unique(tags_.begin(), tags_.end()), tags_.end());
    read_as_ = lenient_tags(tags_);
  }
  TagScheme scheme() const { return have_prefixes(tags_) ? TagScheme::any : TagScheme::plain; }
  const std::string& read(const std::string& tag) const {
    return read_as_[static_cast<std::size_t>(std::lower_bound(tags_.begin(), tags_.end(), tag) -
                                             tags_.begin())];
  }

 private:
  std::vector<std::string> tags_, read_as_;
};

struct WordCount {
  std::int64_t words = 0, right = 0;
};

// Lines of tags, a sentence each.
Said tags_of(const std::vector<data::TaggedSentence>& sentences, const std::vector<tasks::TaggedText>& found,
             const TagReader& reader, WordCount& count) {
  Said said;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    std::string line, expected;
    for (std::size_t w = 0; w < sentences[i].tags.size(); ++w) {
      const std::string &tag = found[i].words[w].tag, &wanted = sentences[i].tags[w];
      line += (w == 0 ? "" : " ") + reader.read(tag);
      expected += (w == 0 ? "" : " ") + reader.read(wanted);
      ++count.words;
      count.right += tag == wanted ? 1 : 0;
    }
    said.found.push_back(std::move(line));
    said.expected.push_back(std::move(expected));
  }
  return said;
}

}  // namespace

void evaluate_token_classification(const EvaluateCommand& command, Console& console) {
  refuse_decoding(command);
  const std::vector<std::string> names = names_of(command, {"entity-f1"});
  const auto tagger = tasks::Tagger::load(command.model);
  data::ConllFormat format;
  format.columns = data::parse_columns(command.columns, {"token", "tag"});
  data::check(format);
  const auto sentences = data::read_conll({command.files.begin(), command.files.end()}, format, interrupted);
  std::vector<tasks::WordText> texts;
  std::vector<std::string> tags = tagger.labels();
  tags.emplace_back("O");  // of words that the tokenizer leaves nothing of
  for (const data::TaggedSentence& sentence : sentences) {
    texts.push_back(text_of(sentence));
    tags.insert(tags.end(), sentence.tags.begin(), sentence.tags.end());
  }
  tasks::TagOptions how;
  how.rows.batch_size = command.batch_size;
  how.rows.cancelled = interrupted;
  const TagReader reader(std::move(tags));
  WordCount count;
  const Said said = tags_of(sentences, tagger.tag(texts, console.step_options(), how), reader, count);
  const std::vector<std::vector<std::string>> lines{said.found, said.expected};
  Measures measures{names, {}};
  for (const std::string& name : names)
    measures.metrics.push_back(command.metric_options.make(name, lines, {.scheme = reader.scheme()}));
  print_measures(measures, said, command, console);
  if (!console.json() && count.words > 0)
    console.out().line(fmt::format("{:.2f} % of {} words have the right tag",
                                   100 * static_cast<double>(count.right) / static_cast<double>(count.words),
                                   count.words));
}

void evaluate_question_answering(const EvaluateCommand& command, Console& console) {
  refuse_decoding(command);
  refuse_option(command.report, command, "--report");
  const std::vector<std::string> names = names_of(command, {"exact-match", "squad-f1"});
  const auto answerer = tasks::Answerer::load(command.model);
  data::QuestionFormat format;
  format.columns = data::parse_columns(command.columns, {"id", "question", "context", "answer", "start"});
  const data::Questions questions =
      data::read_questions({command.files.begin(), command.files.end()}, format, interrupted);
  std::vector<tasks::QuestionText> texts;
  Said said;
  tasks::AnswerOptions how;
  how.logits.batch_size = command.batch_size;
  how.logits.cancelled = interrupted;
  const auto flat = [](std::string text) {  // TABs stand between answers
    std::replace(text.begin(), text.end(), '\t', ' ');
    return text;
  };
  for (const data::Question& question : questions.questions) {
    texts.push_back({question.text, questions.context(question)});
    std::vector<std::string> answers;
    for (const data::Answer& answer : question.answers) answers.push_back(flat(answer.text));
    said.expected.push_back(fmt::format("{}", fmt::join(answers, "\t")));
    how.none_allowed = how.none_allowed || answers.empty();
  }
  for (const auto& answers : answerer.answer(texts, console.step_options(), how))
    said.found.push_back(flat(answers.front().text));
  Measures measures{names, {}};
  for (const std::string& name : names) measures.metrics.push_back(command.metric_options.make(name));
  print_measures(measures, said, command, console);
}

}  // namespace regard::cli
