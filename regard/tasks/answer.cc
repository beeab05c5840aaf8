#include "regard/tasks/answer.h"

#include <algorithm>

#include "regard/models/registry.h"
#include "regard/text/split_words.h"

namespace regard::tasks {
namespace {

std::vector<FoundAnswer> answers_of(const BestSpans& best, const std::string& context,
                                    const AnswerOptions& options) {
  std::vector<FoundAnswer> answers;
  for (const ScoredSpan& span : best.spans) {
    CharacterCounter characters(context);
    FoundAnswer& answer = answers.emplace_back();
    answer.text = part(context, span.context);
    answer.score = span.score;
    answer.start = static_cast<std::int64_t>(characters.before(span.context.begin));
    answer.end = static_cast<std::int64_t>(characters.before(span.context.end));
  }
  if (!options.none_allowed && !answers.empty()) return answers;
  const auto place =
      std::find_if(answers.begin(), answers.end(), [&](const FoundAnswer& a) { return a.score < best.none; });
  answers.insert(place, FoundAnswer{"", best.none, 0, 0});
  const auto top = static_cast<std::size_t>(options.spans.top);
  if (answers.size() > top) answers.resize(top);
  return answers;
}

}  // namespace

Answerer Answerer::load(const std::filesystem::path& directory) {
  auto model = models::load_as<models::TextEncoder>(directory);
  require_head(*model, {models::HeadKind::span, "a model for question answering (...ForQuestionAnswering)"},
               directory);
  return {std::move(model), load_tokenizer(directory)};
}

Answerer::Answerer(std::unique_ptr<const models::TextEncoder> model,
                   std::unique_ptr<const Tokenizer> tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}

std::vector<std::vector<FoundAnswer>> Answerer::answer(std::span<const QuestionText> questions,
                                                       const StepOptions& step,
                                                       const AnswerOptions& options) const {
  QuestionWindowOptions cut = options.windows;
  if (model_->max_positions() > 0) cut.max_tokens = std::min(cut.max_tokens, model_->max_positions());
  std::vector<QuestionWindow> windows;
  std::vector<std::size_t> ends;  // behind the windows of each question
  std::vector<EncoderExample> examples;
  for (const QuestionText& q : questions) {
    for (QuestionWindow& window : question_windows(*tokenizer_, {q.question, q.context}, cut)) {
      examples.push_back(window.example);
      windows.push_back(std::move(window));
    }
    ends.push_back(windows.size());
  }
  const auto logits = token_logits(*model_, examples, step, options.logits);
  std::vector<std::vector<FoundAnswer>> results;
  for (std::size_t i = 0, begin = 0; i < questions.size(); begin = ends[i++]) {
    const WindowLogits found{std::span(windows).subspan(begin, ends[i] - begin),
                             std::span(logits).subspan(begin, ends[i] - begin)};
    const std::string& context = questions[i].context;
    results.push_back(answers_of(best_spans(found, context, options.spans), context, options));
  }
  return results;
}

}  // namespace regard::tasks
