#include <vector>

#include "regard/text/normalizers/types.h"

namespace regard::normalizers {
namespace {

class Sequence final : public Normalizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}
  void normalize(AlignedText& text) const override {
    for (const auto& step : steps_) step->normalize(text);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

}  // namespace

std::unique_ptr<Normalizer> parse_sequence(const JsonField& field) {
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (const JsonField& item : field.at("normalizers").items()) {
    if (auto step = parse_normalizer(item)) steps.push_back(std::move(step));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace regard::normalizers
