#include "regard/regard.h"

#include "regard/models/encoder_decoder_families.h"
#include "regard/models/text_encoder_families.h"
#include "regard/tools.h"

namespace regard {
namespace {

// What the kind of model is for, as its config.json says it.
enum class Use : std::uint8_t { translate, generate, fill_mask, classify, tag, answer, embed };
Use use_of(const std::filesystem::path& directory) {
  const auto file = directory / "config.json";
  if (!std::filesystem::exists(file)) return Use::embed;  // sentence-transformers may keep it in a folder
  const Json config = read_json(file);
  const JsonField field(config, file.string());
  const std::string type = field.at("model_type").text();
  const auto named = field.find("architectures");
  const std::string all = named ? to_line(named->value()) : "";
  const auto is_for = [&](const char* head) { return all.find(head) != std::string::npos; };
  if (is_for("ForSequenceClassification")) return Use::classify;
  if (is_for("ForTokenClassification")) return Use::tag;
  if (is_for("ForQuestionAnswering")) return Use::answer;
  if (models::encoder_decoder_family(type) != nullptr) return Use::translate;
  for (const models::TextEncoderFamily& family : models::text_encoder_families())
    if (family.type == type) return is_for("ForMaskedLM") ? Use::fill_mask : Use::embed;
  return Use::generate;
}

}  // namespace

// A bad file is found here and not in the first call: the tool that the kind of model is for is loaded now.
Model::Impl::Impl(std::filesystem::path from, int count, std::optional<kernels::WeightFormat> format)
    : directory(std::move(from)), threads(count), weights(format) {
  if (!std::filesystem::is_directory(directory)) translator();  // says what was found in its place
  switch (use_of(directory)) {
    case Use::translate:
      translator();
      break;
    case Use::generate:
      generator();
      break;
    case Use::fill_mask:
      mask_filler();
      break;
    case Use::classify:
      classifier();
      break;
    case Use::tag:
      tagger();
      break;
    case Use::answer:
      answerer();
      break;
    case Use::embed:
      embedder();
      break;
  }
}

StepOptions Model::Impl::step() const {
  StepOptions step;
  step.threads = &threads;
  step.weights = weights;
  return step;
}

Json generation_keys(const std::string& text) {
  if (text.empty()) return Json::object();
  Json keys;
  try {
    keys = parse_json(text, "generation");
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
  if (!keys.is_object()) throw UsageError("generation: expected a JSON object");
  return keys;
}

std::function<bool()> stop_of(const std::stop_token& stop) {
  if (!stop.stop_possible()) return {};
  return [stop] { return stop.stop_requested(); };
}

Model::Model(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

Model load(const std::filesystem::path& directory, const LoadOptions& options) {
  return guarded([&] {
    const int threads = options.threads == 0 ? default_threads() : options.threads;
    const auto weights = kernels::weight_format_named(options.dtype);
    if (!options.dtype.empty() && !weights)
      throw UsageError("LoadOptions::dtype: found '" + options.dtype + "', expected f32, bf16 or int8");
    std::unique_ptr<const tasks::AdaptedFolder> adapted;
    if (!options.adapter.empty())
      adapted = std::make_unique<const tasks::AdaptedFolder>(directory, options.adapter);
    auto impl = std::make_unique<Model::Impl>(adapted ? adapted->path() : directory, threads, weights);
    impl->adapted = std::move(adapted);
    return Model(std::move(impl));
  });
}

}  // namespace regard
