#include "regard/explain/neurons.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "regard/base/error.h"
#include "regard/explain/subject.h"
#include "tests/support/drawn_model.h"

namespace regard::explain {
namespace {

using testing_support::DrawnModel;

std::vector<HeadNeurons> neurons_of(const Subject& subject, const ModelInput& input,
                                    const std::string& choice, Probe* also = nullptr) {
  NeuronReader reader({value_choice(choice)});
  for (Probe* probe : {static_cast<Probe*>(&reader), also}) {
    if (probe == nullptr) continue;
    StepOptions options = subject.step_options();
    options.probe = probe;
    Step pass(options);
    subject.run(pass, std::span(&input, 1));
  }
  reader.check_found();
  return std::move(reader.heads);
}

// What queries and keys give is what the model attends by: the weights are those of the pass, they are the
// softmax of the scores, and the scores are the products where nothing is added to them.
TEST(Neurons, SayHowAHeadCompares) {
  const ThreadPool threads(1);
  struct Case {
    const char *family, *choice;
    bool added, decoder;
  };
  const std::vector<Case> cases{
      {"bert_sequence", "encoder.block.*.attention", false, false},
      {"gpt2", "decoder.block.1.attention:heads=1", false, false},
      {"llama", "decoder.block.*.attention", false, false},  // rotated, keys shared by heads
      {"qwen3", "*", false, false},                          // and normalized
      {"bloom", "*", true, false},                           // ALiBi
      {"gemma2", "*", true, false},                          // a cap
      {"deberta_v2_mlm", "*", true, false},
      {"t5", "*", true, true},
      {"marian", "decoder.block.*.cross.attention", false, true}};
  for (const Case& c : cases) {
    const DrawnModel drawn(c.family);
    const Subject subject(*drawn.model, {.threads = &threads, .compute = DType::f64});
    ModelInput input{{5, 9, 6, 7, 11}};
    if (c.decoder) input.prefix = {0, 8, 3};
    ValueProbe weights({value_choice("*.attention.weights")}, {});
    const auto heads = neurons_of(subject, input, c.choice, &weights);
    ASSERT_FALSE(heads.empty()) << c.family;
    double most_added = 0;
    for (const HeadNeurons& head : heads) {
      const auto whole =
          std::find_if(weights.values().begin(), weights.values().end(),
                       [&](const ReadValue& read) { return read.name == name_of(head.name) + ".weights"; });
      ASSERT_NE(whole, weights.values().end()) << c.family;
      const std::vector<double> all = whole->value.to_doubles();
      const std::size_t stride = static_cast<std::size_t>(whole->value.size(2));
      for (std::int64_t t = 0; t < head.rows; ++t)
        for (std::int64_t s = 0; s < head.keys; ++s) {
          const auto at = static_cast<std::size_t>(t * head.keys + s);
          const double wanted =
              all[static_cast<std::size_t>(head.head * head.rows + t) * stride + static_cast<std::size_t>(s)];
          EXPECT_NEAR(head.weight(t, s), wanted, 1e-5) << c.family << " " << t << " " << s;
          if (wanted == 0) continue;
          double product = 0;
          for (std::int64_t d = 0; d < head.width; ++d)
            product += static_cast<double>(head.queries[static_cast<std::size_t>(t * head.width + d)]) *
                       static_cast<double>(head.key_rows[static_cast<std::size_t>(s * head.width + d)]);
          EXPECT_NEAR(head.scale * product, static_cast<double>(head.products[at]), 1e-5) << c.family;
          most_added = std::max(most_added, std::fabs(static_cast<double>(head.products[at]) -
                                                      static_cast<double>(head.scores[at])));
        }
    }
    EXPECT_EQ(most_added > 1e-4, c.added) << c.family << ": " << most_added;
  }
}

TEST(Neurons, AreRefusedWhereThereAreNoneOrTooMany) {
  const DrawnModel drawn("gpt2");
  const ThreadPool threads(1);
  const Subject subject(*drawn.model, {.threads = &threads});
  const ModelInput input{{5, 6, 7}};
  const auto message = [&](const std::string& choice) -> std::string {
    try {
      neurons_of(subject, input, choice);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("decoder.block.0.attention"), "");
  EXPECT_NE(message("decoder.block.0.atention").find("did you mean 'decoder.block.0.attention'"),
            std::string::npos);
  EXPECT_NE(message("decoder.block.0.attention:heads=9").find("found 9"), std::string::npos);
  EXPECT_NE(message("decoder.block.0.attention:rows=1").find("rows"), std::string::npos);
  NeuronReader reader({value_choice("*")});
  ASSERT_TRUE(reader.wants("decoder.block.0.attention.queries"));
  EXPECT_FALSE(reader.wants("decoder.block.0.attention.values"));
  const Tensor large = Tensor::zeros({2048, 1, 2}, DType::f32);
  reader.see("decoder.block.0.attention.queries", large);
  EXPECT_THROW(reader.see("decoder.block.0.attention.keys", large), UsageError);
}

}  // namespace
}  // namespace regard::explain
