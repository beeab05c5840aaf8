#include "regard/text/split_words.h"
#include "regard/text/unicode.h"
#include "regard/tools.h"

// What is found in texts: entities, and answers to questions.

namespace regard {

std::vector<TaggedText> Model::tag(const std::vector<std::string>& texts, const TagOptions& options) const {
  return guarded([&] {
    tasks::TagOptions how;
    how.rows.cancelled = stop_of(options.stop);
    std::vector<tasks::WordText> all;
    for (const std::string& text : texts) {
      tasks::WordText& one = all.emplace_back();
      one.text = replace_invalid_utf8(text);
      one.words = options.words_are_parted ? split_at_white_space(one.text) : split_words(one.text);
    }
    std::vector<TaggedText> results;
    const auto found = impl_->tagger().tag(all, impl_->step(), how);
    for (std::size_t i = 0; i < found.size(); ++i) {
      TaggedText& to = results.emplace_back();
      for (const tasks::TaggedWord& word : found[i].words)
        to.words.push_back({std::string(part(all[i].text, word.span)), word.tag, word.score});
      for (const tasks::TaggedEntity& e : found[i].entities)
        to.entities.push_back({e.text, e.label, e.start, e.end, e.score});
    }
    return results;
  });
}

TaggedText Model::tag(std::string_view text, const TagOptions& options) const {
  return tag(std::vector<std::string>{std::string(text)}, options).front();
}

std::vector<Answer> Model::answer(const std::vector<Question>& questions,
                                  const AnswerOptions& options) const {
  return guarded([&] {
    if (options.top < 1) throw UsageError("top: expected at least 1");
    if (options.max_answer_tokens < 1) throw UsageError("max_answer_tokens: expected at least 1");
    tasks::AnswerOptions how;
    how.spans = {options.top, options.max_answer_tokens};
    how.none_allowed = options.none_allowed;
    how.logits.cancelled = stop_of(options.stop);
    std::vector<tasks::QuestionText> all;
    for (const Question& q : questions)
      all.push_back({replace_invalid_utf8(q.text), replace_invalid_utf8(q.context)});
    std::vector<Answer> results;
    for (const auto& found : impl_->answerer().answer(all, impl_->step(), how)) {
      Answer& to = results.emplace_back();
      to = {found.front().text, found.front().score, found.front().start, found.front().end, {}};
      for (std::size_t i = 1; i < found.size(); ++i)
        to.alternatives.push_back({found[i].text, found[i].score, found[i].start, found[i].end});
    }
    return results;
  });
}

Answer Model::answer(std::string_view question, std::string_view context,
                     const AnswerOptions& options) const {
  return answer(std::vector<Question>{{std::string(question), std::string(context)}}, options).front();
}

}  // namespace regard
