#include "regard/tools.h"

namespace regard {
namespace {

std::vector<Classification> classified(const tasks::Classifier& classifier, std::span<const TextPair> texts,
                                       const StepOptions& step, const ClassifyOptions& options) {
  tasks::ClassifyOptions how;
  how.cancelled = stop_of(options.stop);
  std::vector<Classification> all;
  for (const tasks::Classification& found : classifier.classify(texts, step, how)) {
    Classification& to = all.emplace_back();
    for (const tasks::ClassScore& one : found.ranked())
      to.scores.push_back({classifier.labels()[one.label], one.score});
    to.label = to.scores.front().label;
    to.score = to.scores.front().score;
  }
  return all;
}

}  // namespace

std::vector<Classification> Model::classify(const std::vector<std::string>& texts,
                                            const ClassifyOptions& options) const {
  return guarded([&] {
    std::vector<TextPair> list;
    for (const std::string& text : texts) list.push_back({text, std::nullopt});
    return classified(impl_->classifier(), list, impl_->step(), options);
  });
}

std::vector<Classification> Model::classify(const std::vector<std::pair<std::string, std::string>>& pairs,
                                            const ClassifyOptions& options) const {
  return guarded([&] {
    std::vector<TextPair> list;
    for (const auto& [first, second] : pairs) list.push_back({first, second});
    return classified(impl_->classifier(), list, impl_->step(), options);
  });
}

Classification Model::classify(std::string_view text, const ClassifyOptions& options) const {
  return classify(std::vector<std::string>{std::string(text)}, options).front();
}

}  // namespace regard
