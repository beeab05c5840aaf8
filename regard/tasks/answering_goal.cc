#include "regard/tasks/answering_goal.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/metrics/squad.h"
#include "regard/tasks/classification_examples.h"
#include "regard/tasks/encoding_loop.h"
#include "regard/tasks/hold_out.h"
#include "regard/tasks/text_encoder_loss.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using data::Question;
using data::Questions;
using Key = train::SettingKey<AnsweringSettings>;

const std::vector<Key>& keys() {
  using S = AnsweringSettings;
  static const std::vector<Key> list{
      {{"max_seq_length", 8, 1e6}, &S::max_seq_length},
      {{"doc_stride", 0, 1e6}, &S::doc_stride},
      {{"max_answer_length", 1, 1e6}, &S::max_answer_length},
      {{"validation_split", 0, 0.9}, &S::validation_split},
  };
  return list;
}

std::uint32_t checksum_of(const Questions& questions) {
  data::SideLengths sum;  // of the answers' bytes and places
  for (const Question& q : questions.questions) {
    std::string all;
    for (const data::Answer& a : q.answers) all += fmt::format("{}\t{}\n", a.text, a.begin);
    sum.add(std::vector<std::int32_t>(all.begin(), all.end()));
  }
  return sum.checksum();
}

bool has_unanswerable(const Questions& questions) {
  return std::any_of(questions.questions.begin(), questions.questions.end(),
                     [](const Question& q) { return q.answers.empty(); });
}

// What the model says of the windows of the validation set, and what the best spans are worth.
class Judge final : public EncoderJudge {
 public:
  explicit Judge(const AnsweringGoal& goal) : goal_(goal), logits_(goal.valid_windows().size()) {}

  void see(const EncoderBatch& batch, const Tensor& logits) override {
    for (std::size_t b = 0; b < batch.rows.size(); ++b) {
      const Sequence& s = batch.tokens.layout.sequences()[b];
      logits_[batch.rows[b]] = logits.rows(s.begin, s.begin + s.length).to_doubles();
    }
  }

  Json scores() const override {
    const Questions& questions = goal_.valid();
    const bool none_allowed = has_unanswerable(questions);
    const Squad exact(Squad::Measure::exact_match), f1(Squad::Measure::f1);
    std::vector<std::string> answers;
    std::vector<double> exact_sums(exact.width(), 0), f1_sums(f1.width(), 0);
    for (std::size_t i = 0, begin = 0; i < questions.questions.size(); begin = goal_.valid_ends()[i++]) {
      const Question& q = questions.questions[i];
      const std::size_t count = goal_.valid_ends()[i] - begin;
      const WindowLogits found{std::span(goal_.valid_windows()).subspan(begin, count),
                               std::span(logits_).subspan(begin, count)};
      const std::string& context = questions.context(q);
      const BestSpans best = best_spans(found, context, {.max_answer_tokens = goal_.how().max_answer_length});
      const bool none = best.spans.empty() || (none_allowed && best.none > best.spans.front().score);
      const std::string_view answer = none ? std::string_view() : part(context, best.spans.front().context);
      std::vector<std::string_view> right;
      for (const data::Answer& a : q.answers) right.emplace_back(a.text);
      if (right.empty()) right.emplace_back();
      add(exact, answer, right, exact_sums);
      add(f1, answer, right, f1_sums);
    }
    return {{"exact_match", exact.score(exact_sums)}, {"f1", f1.score(f1_sums)}};
  }

 private:
  static void add(const Squad& metric, std::string_view answer, const std::vector<std::string_view>& right,
                  std::vector<double>& sums) {
    std::vector<double> row(metric.width());
    metric.count(answer, right, row);
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] += row[i];
  }

  const AnsweringGoal& goal_;
  std::vector<std::vector<double>> logits_;
};

}  // namespace

struct AnsweringGoal::Windows {
  std::vector<QuestionWindow> windows;
  std::vector<std::size_t> ends;
  std::vector<Place> places;
};

bool AnsweringGoal::set(const std::string& key, const Json& value) {
  return train::set_by_name<AnsweringSettings>(settings_, keys(), key, value);
}
std::vector<std::string> AnsweringGoal::setting_names() const {
  return train::names_of<AnsweringSettings>(keys());
}
Json AnsweringGoal::settings() const { return train::json_by_name<AnsweringSettings>(settings_, keys()); }

void AnsweringGoal::read(const train::Surroundings& around) {
  BadExamples bad(data_.format.skip_bad);
  const auto read_all = [&](const std::vector<std::filesystem::path>& files) {
    data::BadLines lines;
    Questions questions = data::read_questions(files, data_.format, around.stop, &lines);
    bad.add(lines);
    if (questions.questions.empty())
      throw InputError(fmt::format("{}: found no questions", files.front().string()));
    return questions;
  };
  train_ = read_all(data_.train);
  if (!data_.valid.empty()) valid_ = read_all(data_.valid);
  bad.tell(around.log);
  if (data_.valid.empty()) hold_out(around);
}

// Whole contexts, so that none is in both sets.
void AnsweringGoal::hold_out(const train::Surroundings& around) {
  const std::vector<std::int32_t> one_stratum(train_.contexts.size(), 0);
  const std::vector<char> out = held_out(one_stratum, settings_.validation_split, data_.split);
  valid_.contexts = train_.contexts;
  std::vector<Question> rest;
  for (Question& q : train_.questions) {
    const bool kept = out[q.context] == 0;
    (kept ? rest : valid_.questions).push_back(std::move(q));
  }
  train_.questions = std::move(rest);
  if (!valid_.questions.empty())
    around.log.info(fmt::format("no --valid: {} of {} questions are held out to validate with",
                                valid_.questions.size(), valid_.questions.size() + train_.questions.size()));
}

// Each context once, with the first of its questions, and the questions.
TextSource AnsweringGoal::texts() const {
  return [this, i = std::size_t{0}, context = false,
          last = train_.contexts.size()]() mutable -> std::optional<std::string_view> {
    if (i == train_.questions.size()) return std::nullopt;
    const Question& q = train_.questions[i];
    if (!context && q.context != last) {
      context = true;
      last = q.context;
      return train_.contexts[q.context];
    }
    context = false;
    ++i;
    return q.text;
  };
}

AnsweringGoal::Windows AnsweringGoal::windows_of(const Questions& questions, const Encoding& how,
                                                 const train::Surroundings& around) const {
  const QuestionWindowOptions limits{.max_tokens = std::min(how.max_tokens, settings_.max_seq_length),
                                     .stride = settings_.doc_stride};
  std::vector<std::vector<QuestionWindow>> of_questions(questions.questions.size());
  encode_each(around, of_questions.size(), [&](std::size_t i) {
    const Question& q = questions.questions[i];
    of_questions[i] = question_windows(how.tokenizer, {q.text, questions.context(q)}, limits);
  });
  Windows all;
  for (std::size_t i = 0; i < of_questions.size(); ++i) {
    const Question& q = questions.questions[i];
    for (QuestionWindow& window : of_questions[i]) {
      const auto none = static_cast<std::int64_t>(window.none);
      Place place{none, none};
      if (!q.answers.empty()) {
        const TextSpan answer{q.answers.front().begin,
                              q.answers.front().begin + q.answers.front().text.size()};
        if (const auto tokens = tokens_of(window, answer))
          place = {static_cast<std::int64_t>(tokens->begin), static_cast<std::int64_t>(tokens->end) - 1};
      }
      all.places.push_back(place);
      all.windows.push_back(std::move(window));
    }
    all.ends.push_back(all.windows.size());
  }
  return all;
}

EncoderGoal::Sets AnsweringGoal::encode(const Encoding& how, const train::Surroundings& around) {
  Sets sets;
  const auto take = [&](const Questions& questions, const char* what, std::vector<EncoderExample>& examples) {
    Windows all = windows_of(questions, how, around);
    for (const QuestionWindow& window : all.windows) examples.push_back(window.example);
    if (!questions.questions.empty())
      around.log.info(
          fmt::format("{}: {} questions, {} windows", what, questions.questions.size(), examples.size()));
    return all;
  };
  train_places_ = take(train_, "training", sets.train).places;
  Windows valid = take(valid_, "validation", sets.valid);
  valid_places_ = std::move(valid.places);
  valid_windows_ = std::move(valid.windows);
  valid_ends_ = std::move(valid.ends);
  return sets;
}

Json AnsweringGoal::data() const {
  return {{"checksum", fmt::format("{:08x}-{:08x}", checksum_of(train_), checksum_of(valid_))}};
}

Json AnsweringGoal::files() const {
  const auto names = [](const std::vector<std::filesystem::path>& files) {
    Json list = Json::array();
    for (const auto& file : files) list.push_back(file.string());
    return list;
  };
  return {{"train", names(data_.train)}, {"valid", names(data_.valid)}};
}

train::BatchLoss AnsweringGoal::loss(const models::TextEncoder::Projected& head, const EncoderBatch& batch,
                                     const LossOptions& options) const {
  if (options.smoothing > 0)
    throw UsageError("label_smoothing_factor: expected 0, question-answering has no labels to smooth");
  const std::vector<Place>& places = options.set == Set::train ? train_places_ : valid_places_;
  Spans spans;
  for (const std::uint32_t row : batch.rows) {
    spans.starts.push_back(places[row].begin);
    spans.ends.push_back(places[row].end);
  }
  const auto B = static_cast<std::int64_t>(batch.rows.size());
  const Var mean = span_loss(linear(head.features, head.projection), batch.tokens.layout, spans);
  train::BatchLoss loss;
  loss.sum = scale(mean, static_cast<double>(B));
  loss.plain_sum = loss.sum.value().item();
  loss.tokens = B;
  return loss;
}

std::unique_ptr<EncoderJudge> AnsweringGoal::judge() const { return std::make_unique<Judge>(*this); }

}  // namespace regard::tasks
