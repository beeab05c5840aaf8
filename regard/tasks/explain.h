#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/explain/explanation.h"
#include "regard/explain/named_values.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

struct ExplainOptions {
  // What is explained: a label, a filled mask, the answer in a context, a continuation, a translation. Empty:
  // the model's own answer.
  std::string target;
  // Why that and not this: likewise; the first place where both differ is explained.
  std::string contrast;
  // Empty: integrated gradients, or gradient x input where there are several answers.
  std::vector<explain::Method> methods;
  explain::AttributionOptions attribution;
  // Nothing: logits of labels and of contrasts, log-probabilities of tokens.
  std::optional<explain::Quantity::Measure> measure;
  std::int64_t top = 5;             // candidates
  std::int64_t written = 1;         // tokens that a decoder-only model writes where no target is given
  std::int64_t most_explained = 0;  // answers with attributions and importance: the first so many; 0: all
  // What else is wanted.
  bool attributions = true;
  bool attention = true;
  bool lens = true;
  bool importance = true;
  bool faithfulness = false;
  // Heads whose queries and keys are wanted: "encoder.block.3.attention:heads=2".
  std::vector<explain::ValueChoice> neurons;
  // Inside the model: the answers are also given with these.
  std::vector<explain::ValueChange> changes;
};

// A model of any kind with its tokenizer, to be looked into. Immutable: threads may share it.
class Explainer {
 public:
  // InputError as for the model's task.
  static Explainer load(const std::filesystem::path& directory);

  const models::Model& model() const { return *model_; }

  // What the model makes of a text (for question answering and pairs: two texts with a tab between), and why.
  // Cut to what the model reads. UsageError: a target that the model cannot give, a change of what it does
  // not have; InputError: a text without tokens, or without a mask where one is needed.
  explain::Explanation explain(std::string_view text, const StepOptions& step,
                               const ExplainOptions& options = {}) const;

  // One pass over a text, with the target as above, and nothing else: for a probe in `step`.
  void run(std::string_view text, const StepOptions& step, const ExplainOptions& options = {}) const;
  // One over as short an input as there is.
  void run_shortest(const StepOptions& step) const;

 private:
  Explainer(std::filesystem::path directory, std::unique_ptr<const models::Model> model,
            std::unique_ptr<const Tokenizer> tokenizer);

  std::filesystem::path directory_;
  std::unique_ptr<const models::Model> model_;
  std::unique_ptr<const Tokenizer> tokenizer_;
};

}  // namespace regard::tasks
