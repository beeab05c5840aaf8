#include <vector>

#include "regard/text/pre_tokenizers/types.h"

namespace regard::pre_tokenizers {
namespace {

class Sequence final : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> steps) : steps_(std::move(steps)) {}
  void split(Section& section) const override {
    for (const auto& step : steps_) {
      write_bytes_out(section);
      step->split(section);
    }
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

}  // namespace

std::unique_ptr<PreTokenizer> parse_sequence(const JsonField& field) {
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  for (const JsonField& item : field.at("pretokenizers").items()) {
    if (auto step = parse_pre_tokenizer(item)) steps.push_back(std::move(step));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace regard::pre_tokenizers
