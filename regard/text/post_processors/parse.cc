#include "regard/text/parse_table.h"
#include "regard/text/post_processors/types.h"

namespace regard {

std::unique_ptr<PostProcessor> parse_post_processor(const JsonField& field) {
  using namespace post_processors;
  static constexpr ParseRow<PostProcessor> kRows[] = {
      {"TemplateProcessing", parse_template}, {"ByteLevel", parse_byte_level},
      {"RobertaProcessing", parse_roberta},   {"BertProcessing", parse_bert},
      {"Sequence", parse_sequence},
  };
  if (field.value().is_null()) return nullptr;
  return parse_by_type<PostProcessor>(field, kRows);
}

namespace post_processors {
namespace {

class Sequence final : public PostProcessor {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PostProcessor>> steps) : steps_(std::move(steps)) {}

  std::size_t added(std::size_t texts) const override {
    std::size_t count = 0;
    for (const auto& step : steps_) count += step->added(texts);
    return count;
  }
  void finish(std::vector<std::vector<Token>>& runs, SpecialTokens special, Texts texts) const override {
    for (const auto& step : steps_) step->finish(runs, special, texts);
  }

 private:
  std::vector<std::unique_ptr<PostProcessor>> steps_;
};

}  // namespace

std::unique_ptr<PostProcessor> parse_sequence(const JsonField& field) {
  std::vector<std::unique_ptr<PostProcessor>> steps;
  bool added = false;
  for (const JsonField& item : field.at("processors").items()) {
    auto step = parse_post_processor(item);
    if (!step) continue;
    const bool adds = step->added(1) > 0 || step->added(2) > 0;
    if (adds && added) item.refuse("one step alone that adds special tokens");
    added = added || adds;
    steps.push_back(std::move(step));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace post_processors
}  // namespace regard
