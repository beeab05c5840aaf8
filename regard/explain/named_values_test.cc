#include "regard/explain/named_values.h"

#include <gtest/gtest.h>

#include "regard/autograd/tape.h"
#include "regard/base/error.h"
#include "regard/decode/search.h"
#include "regard/explain/quantity.h"
#include "tests/support/drawn_model.h"

namespace regard::explain {
namespace {

using testing_support::DrawnModel;

TEST(NamedValues, AreChosenByPatternsAndParts) {
  const ValueChoice choice = value_choice("a.b:heads=2,5:rows=0-3");
  EXPECT_EQ(choice.name, "a.b");
  EXPECT_EQ(choice.part.heads, (std::vector<std::int64_t>{2, 5}));
  EXPECT_EQ(choice.part.rows, (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(value_change(ValueChange::Kind::set, "a:heads=1=-2.5").number, -2.5);
  for (const char* wrong : {"", ":heads=1", "a:heads=", "a:heads=x", "a:heads=3-1", "a:columns=2", "a:"})
    EXPECT_THROW(value_choice(wrong), UsageError) << wrong;
  for (const char* wrong : {"a", "a=", "a=x", "a=1x"})
    EXPECT_THROW(value_change(ValueChange::Kind::set, wrong), UsageError) << wrong;
}

TEST(NamedValues, UnknownOnesAreNamed) {
  const DrawnModel drawn("gpt2");
  const ThreadPool threads(1);
  const Subject subject(*drawn.model, {.threads = &threads});
  const ModelInput input{{5, 6, 7}};
  const auto run = [&](ValueProbe probe) {
    StepOptions options{.threads = &threads};
    options.probe = &probe;
    Step pass(options);
    subject.pass(pass, std::span(&input, 1));
    probe.check_found();
  };
  EXPECT_NO_THROW(run({{value_choice("decoder.block.0.logits:rows=2")}, {}}));
  try {
    run({{value_choice("decoder.block.0.attention.weight")}, {}});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'decoder.block.0.attention.weights'"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(run({{value_choice("decoder.block.0.input:heads=0")}, {}}), UsageError);
  EXPECT_THROW(run({{value_choice("decoder.block.0.input:rows=3")}, {}}), UsageError);
  EXPECT_THROW(run({{value_choice("decoder.block.0.attention.weights:heads=9")}, {}}), UsageError);
  EXPECT_THROW(run({{}, {value_change(ValueChange::Kind::set, "decoder.block.0.lens=0")}}), UsageError);
}

// A training step, with dropout, has the same loss and gradients to the last bit when all of it is read.
TEST(NamedValues, ReadingLeavesTrainingAsItIs) {
  const ThreadPool threads(2);
  for (const char* name : {"gpt2", "bert_sequence", "t5"}) {
    const DrawnModel drawn(name);
    ModelInput input{{5, 9, 6, 7}};
    if (std::string(name) == "t5") input.prefix = {0, 8, 3};
    const auto results = [&](Probe* probe) {
      Tape tape;
      const StepOptions options{
          .threads = &threads, .tape = &tape, .mode = Mode::train, .random = RandomKey{5}, .probe = probe};
      Step step(options);
      const Measured measured =
          measure(Subject(*drawn.model, options).pass(step, std::span(&input, 1)), {{{0, 1}}});
      tape.backward(measured.sum);
      std::vector<std::vector<double>> found{measured.values};
      for (const Parameter* p : drawn.model->parameters().all())
        if (const Tensor& g = tape.gradient(*p)) found.push_back(g.to_doubles());
      return found;
    };
    ValueProbe all({{"*", {}}}, {});
    const auto plain = results(nullptr);
    EXPECT_GT(plain.size(), 10U);
    EXPECT_EQ(results(&all), plain) << name;
    EXPECT_GT(all.values().size(), 10U);
  }
}

// Nor does it change what is written: beams over a cache, and draws.
TEST(NamedValues, ReadingLeavesWhatIsWritten) {
  const ThreadPool threads(2);
  const std::vector<decode::TokenIds> sources{{5, 9, 6, 0}, {7, 0}};
  const auto written = [&](const auto& model, const decode::GenerationConfig& config, Probe* probe) {
    Step step({.threads = &threads, .probe = probe});
    std::vector<decode::TokenIds> ids;
    for (const auto& found : decode::search(model, step, sources, {config}))
      for (const decode::Hypothesis& h : found) ids.push_back(h.ids);
    return ids;
  };
  const auto check = [&](const auto& model, const decode::GenerationConfig& config, const char* choice) {
    ValueProbe some({value_choice(choice), value_choice("*.feed_forward.output:rows=0")}, {});
    const auto plain = written(model, config, nullptr);
    EXPECT_EQ(written(model, config, &some), plain);
    some.check_found();
    int weights = 0;
    for (const ReadValue& read : some.values()) {
      if (!read.name.ends_with(".weights")) continue;
      ++weights;
      EXPECT_EQ(read.value.size(0), 1);  // of the head that was asked for
      EXPECT_GE(read.value.size(2), 1);
    }
    EXPECT_GT(weights, 5) << "one for each token";
  };
  decode::GenerationConfig beams;
  beams.num_beams = 3;
  beams.max_length = 8;
  beams.decoder_start_token_id = 1;
  const DrawnModel marian("marian");
  check(dynamic_cast<const models::SequenceToSequence&>(*marian.model), beams,
        "decoder.block.*.cross.attention.weights:heads=1");
  decode::GenerationConfig draws;
  draws.do_sample = true;
  draws.num_return_sequences = 2;
  draws.max_new_tokens = 6;
  const DrawnModel gpt2("gpt2");
  check(dynamic_cast<const models::CausalModel&>(*gpt2.model), draws,
        "decoder.block.*.attention.weights:heads=0");
}

}  // namespace
}  // namespace regard::explain
