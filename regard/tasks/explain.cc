#include "regard/tasks/explain.h"

#include <algorithm>

#include "regard/base/error.h"
#include "regard/decode/search.h"
#include "regard/explain/gradients.h"
#include "regard/models/registry.h"
#include "regard/models/sequence_to_sequence.h"
#include "regard/tasks/explain_question.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

using explain::AnswerRows;
using explain::ExplainedAnswer;

std::string column_name(const Asking& asking, const Question& asked, std::int64_t column) {
  if (asked.labels.empty()) return asking.tokenizer.piece(static_cast<std::int32_t>(column));
  return asked.labels[static_cast<std::size_t>(column)];
}

std::vector<explain::NamedCandidate> named(const Asking& asking, const Question& asked,
                                           const std::vector<explain::Candidate>& candidates) {
  std::vector<explain::NamedCandidate> made;
  for (const explain::Candidate& c : candidates)
    made.push_back({column_name(asking, asked, c.column), c.probability});
  return made;
}

// Whether the answers are columns of rows, of which candidates can be named.
bool has_candidates(const Question& asked) {
  return !asked.answers.empty() && asked.answers[0].quantity.among != explain::Among::rows;
}

AnswerRows rows_of(const Question& asked, std::int64_t most) {
  AnswerRows rows{{}, asked.answers[0].quantity.among, most};
  for (const AskedAnswer& answer : asked.answers) rows.rows.push_back(answer.quantity.terms[0].row);
  return rows;
}

// One call of Explainer::explain.
class Work {
 public:
  Work(const Asking& asking, const Question& asked)
      : asking_(asking), asked_(asked), subject_(asking.model, asking.step), options_(asking.options) {}

  explain::Explanation run() {
    made_.task = asked_.task;
    made_.result = asked_.result;
    made_.sides = asked_.sides;
    for (const AskedAnswer& answer : asked_.answers)
      made_.answers.push_back({.text = answer.text,
                               .contrast = answer.contrast,
                               .about = answer.about,
                               .quantity = answer.quantity});
    answer();
    if (!options_.changes.empty()) change();
    if (options_.attention) read_attention();
    if (!options_.neurons.empty()) read_neurons();
    if (options_.lens && has_candidates(asked_)) look_through();
    for (std::size_t i = 0; i < made_.answers.size(); ++i)
      if (options_.most_explained == 0 || i < static_cast<std::size_t>(options_.most_explained))
        attribute(made_.answers[i]);
    return std::move(made_);
  }

 private:
  std::span<const explain::ModelInput> input() const { return {&asked_.explained.input, 1}; }
  void answer();
  void change();
  void read_attention();
  void read_neurons();
  void look_through();
  void attribute(ExplainedAnswer& answer) const;
  std::vector<explain::Method> methods() const;

  const Asking& asking_;
  const Question& asked_;
  explain::Subject subject_;
  const ExplainOptions& options_;
  explain::Explanation made_;
};

void Work::answer() {
  if (made_.answers.empty()) return;
  Step step(asking_.step);
  const explain::Outputs outputs = subject_.pass(step, input());
  for (ExplainedAnswer& answer : made_.answers) {
    const explain::Measured measured = measure(outputs, answer.quantity);
    answer.value = measured.values[0];
    answer.probability = measured.probabilities[0];
  }
  if (!has_candidates(asked_)) return;
  const auto found = answers_of(outputs, rows_of(asked_, options_.top));
  for (std::size_t i = 0; i < found.size(); ++i)
    made_.answers[i].candidates = named(asking_, asked_, found[i]);
}

void Work::change() {
  explain::ValueProbe probe({}, options_.changes);
  StepOptions probing = asking_.step;
  probing.probe = &probe;
  {
    Step step(probing);
    if (!subject_.has_head()) {
      subject_.run(step, input());
      return probe.check_found();
    }
    const explain::Outputs outputs = subject_.pass(step, input());
    probe.check_found();
    std::vector<std::vector<explain::Candidate>> found;
    if (has_candidates(asked_)) found = answers_of(outputs, rows_of(asked_, options_.top));
    for (std::size_t i = 0; i < made_.answers.size(); ++i) {
      const explain::Measured measured = measure(outputs, made_.answers[i].quantity);
      made_.answers[i].changed = {measured.values[0], measured.probabilities[0], {}};
      if (!found.empty()) made_.answers[i].changed->candidates = named(asking_, asked_, found[i]);
    }
  }
  const auto* writer = dynamic_cast<const models::SequenceToSequence*>(&asking_.model);
  if (writer == nullptr) return;
  decode::GenerationConfig config = decode::generation_config(asking_.directory);
  if (!config.max_length && !config.max_new_tokens) config.max_length = writer->max_positions();
  Step step(probing);
  const auto ids = decode::search(*writer, step, {asked_.explained.input.ids},
                                  {config, options_.attribution.cancelled})[0][0]
                       .ids;
  made_.changed_result = asking_.tokenizer.decode(std::span(ids).subspan(1));
}

explain::StackTokens stack_tokens(const explain::TokenSide& side) {
  explain::StackTokens made;
  for (const explain::ExplainedToken& token : side.tokens) {
    made.ids.push_back(token.id);
    made.special.push_back(token.special);
  }
  return made;
}

void Work::read_attention() {
  explain::AttentionReader reader(*asking_.step.threads,
                                  {stack_tokens(made_.sides.front()), stack_tokens(made_.sides.back())});
  StepOptions probing = asking_.step;
  probing.probe = &reader;
  Step step(probing);
  subject_.run(step, input());
  made_.attention = std::move(reader.layers);
  made_.encoder_rollout = std::move(reader.encoder_rollout);
  made_.decoder_rollout = std::move(reader.decoder_rollout);
}

void Work::read_neurons() {
  explain::NeuronReader reader(options_.neurons);
  StepOptions probing = asking_.step;
  probing.probe = &reader;
  Step step(probing);
  subject_.run(step, input());
  reader.check_found();
  made_.neurons = std::move(reader.heads);
}

void Work::look_through() {
  std::vector<std::int64_t> columns;
  for (const AskedAnswer& answer : asked_.answers) columns.push_back(answer.quantity.terms[0].column);
  const explain::Lens lens =
      logit_lens(subject_, asked_.explained.input, rows_of(asked_, options_.top), columns);
  for (std::size_t layer = 0; layer < lens.layers.size(); ++layer)
    for (std::size_t i = 0; i < made_.answers.size(); ++i)
      made_.answers[i].lens.push_back(
          {lens.probabilities[layer][i], named(asking_, asked_, lens.layers[layer][i])});
}

std::vector<explain::Method> Work::methods() const {
  if (!options_.attributions) return {};
  if (!options_.methods.empty()) return options_.methods;
  return {asked_.answers.size() > 1 ? explain::Method::gradient_x_input
                                    : explain::Method::integrated_gradients};
}

void Work::attribute(ExplainedAnswer& answer) const {
  for (const explain::Method method : methods()) {
    explain::AttributionOptions how = options_.attribution;
    how.method = method;
    answer.attributions.push_back(explain::attribute(subject_, asked_.explained, answer.quantity, how));
    if (options_.faithfulness)
      answer.faithfulness.push_back(
          explain::faithfulness(subject_, asked_.explained, answer.quantity, answer.attributions.back()));
  }
  if (!options_.importance) return;
  for (const explain::AttentionGradient& layer :
       differentiate_attention(subject_, asked_.explained.input, answer.quantity))
    answer.importance.push_back({layer.name, layer.importance});
  if (subject_.last_stack() != "decoder.block.") return;
  explain::Quantity logit = answer.quantity;
  logit.measure = explain::Quantity::Measure::logit;
  answer.direct = direct_effects(subject_, asked_.explained.input, logit);
}

}  // namespace

Explainer::Explainer(std::filesystem::path directory, std::unique_ptr<const models::Model> model,
                     std::unique_ptr<const Tokenizer> tokenizer)
    : directory_(std::move(directory)), model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}

Explainer Explainer::load(const std::filesystem::path& directory) {
  return {directory, models::load(directory), load_tokenizer(directory)};
}

explain::Explanation Explainer::explain(std::string_view text, const StepOptions& step,
                                        const ExplainOptions& options) const {
  const std::string valid = replace_invalid_utf8(text);
  const Asking asking{*model_, *tokenizer_, step, options, directory_};
  const Question asked = ask(asking, valid);
  explain::Explanation made = Work(asking, asked).run();
  made.text = valid;
  return made;
}

void Explainer::run(std::string_view text, const StepOptions& step, const ExplainOptions& options) const {
  StepOptions plain = step;
  plain.probe = nullptr;  // the question itself is asked without it
  const Question asked = ask({*model_, *tokenizer_, plain, options, directory_}, replace_invalid_utf8(text));
  Step pass(step);
  const explain::Subject subject(*model_, step);
  const std::span<const explain::ModelInput> input(&asked.explained.input, 1);
  if (subject.has_head())
    subject.pass(pass, input);
  else
    subject.run(pass, input);
}

void Explainer::run_shortest(const StepOptions& step) const {
  const explain::Subject subject(*model_, step);
  explain::ModelInput input{{0}};
  if (model_->kind() == models::SequenceToSequence::kind_name) input.prefix = {0};
  Step pass(step);
  subject.run(pass, std::span(&input, 1));
}

}  // namespace regard::tasks
