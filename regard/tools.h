#pragma once

#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>

#include "regard/base/json.h"
#include "regard/base/parallel.h"
#include "regard/regard.h"
#include "regard/tasks/adapted_folder.h"
#include "regard/tasks/answer.h"
#include "regard/tasks/classify.h"
#include "regard/tasks/embed.h"
#include "regard/tasks/explain.h"
#include "regard/tasks/fill_mask.h"
#include "regard/tasks/generate_text.h"
#include "regard/tasks/tag.h"
#include "regard/tasks/translate.h"

// Behind regard.h: what a loaded model can be used as. Not installed for use, and no part of the promise.

namespace regard {

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

// A tool of a task, loaded when it is first asked for: a model has one or two uses, and which of several
// tasks its head allows the tool says itself (InputError). Threads may ask at once; a load that fails is
// tried again.
template <class Tool>
class Lazy {
 public:
  const Tool& from(const std::filesystem::path& directory) const {
    const std::lock_guard lock(loading_);
    if (!tool_) tool_.emplace(Tool::load(directory));
    return *tool_;
  }

 private:
  mutable std::mutex loading_;
  mutable std::optional<Tool> tool_;
};

struct Model::Impl {
  std::unique_ptr<const tasks::AdaptedFolder> adapted;  // `directory`, where there is an adapter
  Impl(std::filesystem::path from, int count, std::optional<kernels::WeightFormat> format);

  const tasks::Translator& translator() const { return translator_.from(directory); }
  const tasks::TextGenerator& generator() const { return generator_.from(directory); }
  const tasks::Embedder& embedder() const { return embedder_.from(directory); }
  const tasks::MaskFiller& mask_filler() const { return mask_filler_.from(directory); }
  const tasks::Classifier& classifier() const { return classifier_.from(directory); }
  const tasks::Tagger& tagger() const { return tagger_.from(directory); }
  const tasks::Answerer& answerer() const { return answerer_.from(directory); }
  const tasks::Explainer& explainer() const { return explainer_.from(directory); }
  StepOptions step() const;

  std::filesystem::path directory;
  ThreadPool threads;
  std::optional<kernels::WeightFormat> weights;

 private:
  Lazy<tasks::Translator> translator_;
  Lazy<tasks::TextGenerator> generator_;
  Lazy<tasks::Embedder> embedder_;
  Lazy<tasks::MaskFiller> mask_filler_;
  Lazy<tasks::Classifier> classifier_;
  Lazy<tasks::Tagger> tagger_;
  Lazy<tasks::Answerer> answerer_;
  Lazy<tasks::Explainer> explainer_;
};

// The keys of a generation_config.json that a caller gave as text. UsageError where they are no JSON object.
Json generation_keys(const std::string& text);

// What a task asks now and then; empty where nothing can request a stop.
std::function<bool()> stop_of(const std::stop_token& stop);

}  // namespace regard
