#include "regard/decode/coverage.h"

namespace regard::decode {

std::int64_t usual_alignment_layer(const models::SequenceToSequence& model) {
  const std::int64_t layers = JsonField(model.config(), "config.json").positive_or("decoder_layers", 1);
  return layers <= 2 ? layers - 1 : layers - 2;
}

CoverageProbe::CoverageProbe(const models::SequenceToSequence& model, Probe* before)
    : name_("decoder.block." + std::to_string(usual_alignment_layer(model)) + ".cross.attention.weights"),
      before_(before) {}

bool CoverageProbe::wants(const std::string& name) {
  return name == name_ || (before_ != nullptr && before_->wants(name));
}

std::optional<Tensor> CoverageProbe::see(const std::string& name, const Tensor& value) {
  if (name == name_) {
    const std::vector<double> values = value.to_doubles();
    const auto heads = static_cast<std::size_t>(value.size(0));
    const std::size_t count = values.size() / heads;
    width_ = static_cast<std::size_t>(value.size(2));
    means_.assign(count, 0);
    for (std::size_t i = 0; i < count; ++i) {
      double sum = 0;
      for (std::size_t h = 0; h < heads; ++h) sum += values[h * count + i];
      means_[i] = static_cast<float>(sum / static_cast<double>(heads));
    }
  }
  return before_ != nullptr && before_->wants(name) ? before_->see(name, value) : std::nullopt;
}

}  // namespace regard::decode
