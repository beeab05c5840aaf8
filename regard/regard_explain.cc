#include "regard/explain/page.h"
#include "regard/regard.h"
#include "regard/tools.h"

namespace regard {

Explanation Model::explain(std::string_view text, const ExplainOptions& options) const {
  return guarded([&] {
    tasks::ExplainOptions how;
    how.target = options.target;
    how.contrast = options.contrast;
    for (const std::string& name : options.methods) how.methods.push_back(explain::method_of(name));
    for (const std::string& heads : options.neurons) how.neurons.push_back(explain::value_choice(heads));
    how.attribution.steps = options.steps;
    how.attribution.cancelled = stop_of(options.stop);
    how.top = options.top;
    how.written = options.written;
    how.faithfulness = options.faithfulness;
    explain::Explanation found = impl_->explainer().explain(text, impl_->step(), how);

    Explanation made;
    made.task = found.task;
    made.result = found.result;
    made.json = to_line(to_json(found, explain::JsonAttention::left_out));
    for (const explain::TokenSide& side : found.sides) {
      Explanation::Side& to = made.sides.emplace_back();
      to.name = side.name;
      to.text = side.text;
      for (const explain::ExplainedToken& token : side.tokens)
        to.tokens.push_back({token.piece, token.special, token.continues});
    }
    for (const explain::ExplainedAnswer& answer : found.answers) {
      Explanation::Answer& to = made.answers.emplace_back();
      to.text = answer.text;
      to.contrast = answer.contrast;
      to.about = answer.about;
      to.score = answer.probability;
      for (const explain::Attribution& a : answer.attributions)
        to.attributions.push_back(
            {std::string(name_of(a.method)), a.scores, a.value, a.baseline_value, a.completeness_error});
    }
    if (options.page) {
      explain::Page page{impl_->directory.filename().string(), found.task, {}};
      page.examples.push_back({"", std::move(found)});
      made.html = html_page(page);
    }
    return made;
  });
}

}  // namespace regard
