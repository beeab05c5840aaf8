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
  if (options.sample) {
    keys["do_sample"] = true;
    if (!keys.contains("num_beams")) keys["num_beams"] = 1;
  }
  if (options.seed != 0) keys["seed"] = options.seed;
  return keys;
}

std::vector<TranslationLink> links_of(const std::vector<AlignmentLink>& from) {
  std::vector<TranslationLink> to;
  for (const AlignmentLink& link : from) to.push_back({link.source, link.target});
  return to;
}

Translation face_of(tasks::Translation&& from) {
  Translation to;
  to.text = std::move(from.text);
  to.score = from.score;
  to.tokens = std::move(from.tokens);
  for (tasks::Alternative& a : from.alternatives)
    to.alternatives.push_back({std::move(a.text), a.score, a.quality, links_of(a.word_alignment)});
  to.quality = from.quality;
  to.alignment = links_of(from.alignment);
  to.word_alignment = links_of(from.word_alignment);
  to.pieces = from.pieces;
  to.unknown_replaced = from.unknown_replaced;
  to.kept = from.kept;
  to.placed = from.placed;
  return to;
}

tasks::TranslateOptions task_options(const TranslateOptions& options) {
  tasks::TranslateOptions how;
  how.nbest = static_cast<std::int64_t>(options.nbest);
  how.prefix = options.prefix;
  how.prefixes = options.prefixes;
  how.alignment = options.alignment;
  how.replace_unknown = options.replace_unknown;
  how.split_sentences = options.split_sentences;
  if (options.alignment_layer >= 0) how.alignment_choice.layer = options.alignment_layer;
  how.alignment_choice.heads = options.alignment_heads;
  if (options.stop.stop_possible()) how.cancelled = [stop = options.stop] { return stop.stop_requested(); };
  return how;
}

}  // namespace

struct Model::Impl {
  Impl(const std::filesystem::path& directory, int count)
      : translator(tasks::Translator::load(directory)), threads(count) {}

  std::vector<Translation> translate(const std::vector<std::string>& texts,
                                     const TranslateOptions& options) const {
    tasks::TranslateOptions how = task_options(options);
    how.config = translator.generation(tasks::with_nbest(translator, generation_keys(options), how.nbest));
    const PlaceholderRules keep(options.keep_placeholders, options.keep);
    if (!keep.empty()) how.keep = &keep;
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
