#include "regard/tools.h"

namespace regard {
namespace {

Json keys_of(const GenerateOptions& options) {
  Json keys = generation_keys(options.generation);
  if (options.beams != 0) keys["num_beams"] = options.beams;
  if (options.max_new_tokens != 0) keys["max_new_tokens"] = options.max_new_tokens;
  if (options.results != 0) keys["num_return_sequences"] = options.results;
  if (options.sample) {
    keys["do_sample"] = true;
    if (!keys.contains("num_beams")) keys["num_beams"] = 1;
  }
  if (options.seed != 0) keys["seed"] = options.seed;
  return keys;
}

Generation face_of(tasks::GeneratedText&& from) {
  Generation to;
  to.text = std::move(from.text);
  to.score = from.score;
  to.tokens = std::move(from.tokens);
  for (tasks::Continuation& a : from.alternatives) to.alternatives.push_back({std::move(a.text), a.score});
  return to;
}

}  // namespace

std::vector<Generation> Model::generate(const std::vector<std::string>& prompts,
                                        const GenerateOptions& options) const {
  return guarded([&] {
    const tasks::TextGenerator& generator = impl_->generator();
    tasks::GenerateOptions how;
    how.config = generator.generation(keys_of(options));
    how.cancelled = stop_of(options.stop);
    how.stream = options.on_text;
    if (how.stream && (prompts.size() != 1 || !tasks::streams(how.config)))
      throw UsageError(
          "on_text: expected one prompt and one result without beams, whose text is final as it comes");
    std::vector<Generation> generations;
    for (tasks::GeneratedText& t : generator.generate(prompts, impl_->step(), how))
      generations.push_back(face_of(std::move(t)));
    return generations;
  });
}

Generation Model::generate(std::string_view prompt, const GenerateOptions& options) const {
  return generate(std::vector<std::string>{std::string(prompt)}, options).front();
}

}  // namespace regard
