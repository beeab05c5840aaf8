#include "regard/regard.h"

#include <exception>
#include <new>

#include "regard/base/parallel.h"
#include "regard/tasks/translate.h"

namespace regard {
namespace {

// Every failure as an Error: what the standard library throws is no part of the promise.
template <class F>
auto guarded(F&& f) {
  try {
    return f();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error("out of memory");
  } catch (const std::exception& error) {
    throw Error(error.what());
  }
}

Json generation_keys(const TranslateOptions& options) {
  Json keys = Json::object();
  if (!options.generation.empty()) {
    try {
      keys = parse_json(options.generation, "generation");
    } catch (const InputError& error) {
      throw UsageError(error.what());
    }
    if (!keys.is_object()) throw UsageError("generation: expected a JSON object");
  }
  if (options.beams != 0) keys["num_beams"] = options.beams;
  if (options.max_length != 0) {
    keys["max_length"] = options.max_length;
    keys["max_new_tokens"] = nullptr;
  }
  if (options.min_length != 0) keys["min_length"] = options.min_length;
  return keys;
}

Translation face_of(tasks::Translation&& from) {
  Translation to{std::move(from.text), from.score, std::move(from.tokens), {}};
  for (tasks::Alternative& a : from.alternatives) to.alternatives.push_back({std::move(a.text), a.score});
  return to;
}

}  // namespace

struct Model::Impl {
  Impl(const std::filesystem::path& directory, int count)
      : translator(tasks::Translator::load(directory)), threads(count) {}

  std::vector<Translation> translate(const std::vector<std::string>& texts,
                                     const TranslateOptions& options) const {
    tasks::TranslateOptions how;
    how.config = translator.generation(generation_keys(options));
    if (options.stop.stop_possible()) how.cancelled = [stop = options.stop] { return stop.stop_requested(); };
    StepOptions step;
    step.threads = &threads;
    std::vector<Translation> translations;
    for (tasks::Translation& t : translator.translate(texts, step, how))
      translations.push_back(face_of(std::move(t)));
    return translations;
  }

  tasks::Translator translator;
  ThreadPool threads;
};

Model::Model(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Translation Model::translate(std::string_view text, const TranslateOptions& options) const {
  return translate(std::vector<std::string>{std::string(text)}, options).front();
}

std::vector<Translation> Model::translate(const std::vector<std::string>& texts,
                                          const TranslateOptions& options) const {
  return guarded([&] { return impl_->translate(texts, options); });
}

Model load(const std::filesystem::path& directory, const LoadOptions& options) {
  return guarded([&] {
    const int threads = options.threads == 0 ? default_threads() : options.threads;
    return Model(std::make_unique<const Model::Impl>(directory, threads));
  });
}

}  // namespace regard
