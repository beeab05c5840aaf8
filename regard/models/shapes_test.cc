#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/models/registry.h"
#include "regard/models/written_form.h"
#include "tests/support/scratch_folder.h"

// Every shape that Regard trains, as a product of its options: gradients, decoding token by token,
// independence of the batch, files.

namespace regard::models {
namespace {

struct Option {
  std::string key;
  std::vector<Json> values;  // the first: plain Marian
};

const std::vector<Option>& options() {
  static const std::vector<Option> list{
      {"norm_position", {"post", "pre"}},
      {"norm_type", {"layer", "rms"}},
      {"feed_forward", {"plain", "gated"}},
      {"position_type", {"sinusoidal", "learned", "rotary", "relative"}},
      {"num_key_value_heads", {4, 2, 1}},
      {"encoder_layer_groups", {3, 1, 2}},
      {"decoder_layer_groups", {2, 1}},
      {"activation_function", {"silu", "gelu"}},
      {"share_encoder_decoder_embeddings", {true, false}},
  };
  return list;
}

using Choice = std::vector<std::size_t>;  // an index for each option

// Each option alone at each of its values, then choices in which every two values of two options meet.
std::vector<Choice> covering() {
  const auto& all = options();
  std::vector<Choice> rows;
  std::set<std::vector<std::size_t>> open;  // {option, value, option, value} that have not met yet
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t x = a == 0 ? 0 : 1; x < all[a].values.size(); ++x) {
      Choice row(all.size(), 0);
      row[a] = x;
      rows.push_back(row);
    }
    for (std::size_t b = a + 1; b < all.size(); ++b)
      for (std::size_t x = 0; x < all[a].values.size(); ++x)
        for (std::size_t y = 0; y < all[b].values.size(); ++y) open.insert({a, x, b, y});
  }
  const auto meets = [&](const Choice& row, const std::vector<std::size_t>& pair) {
    return row[pair[0]] == pair[1] && row[pair[2]] == pair[3];
  };
  const auto close = [&](const Choice& row) {
    std::erase_if(open, [&](const auto& pair) { return meets(row, pair); });
  };
  for (const Choice& row : rows) close(row);
  RandomStream random({5});
  while (!open.empty()) {
    Choice best;
    std::size_t most = 0;
    for (int t = 0; t < 50; ++t) {
      Choice row;
      for (const Option& o : all) row.push_back(random.below(o.values.size()));
      row[(*open.begin())[0]] = (*open.begin())[1];
      row[(*open.begin())[2]] = (*open.begin())[3];
      std::size_t met = 0;
      for (const auto& pair : open) met += meets(row, pair) ? 1U : 0U;
      if (met > most) best = row;
      most = std::max(most, met);
    }
    rows.push_back(best);
    close(best);
  }
  return rows;
}

Json config_of(const Choice& choice) {
  Json config{{"model_type", "regard"},
              {"vocab_size", 13},
              {"decoder_vocab_size", 13},
              {"d_model", 16},
              {"encoder_layers", 3},
              {"decoder_layers", 2},
              {"encoder_attention_heads", 4},
              {"decoder_attention_heads", 4},
              {"encoder_ffn_dim", 12},
              {"decoder_ffn_dim", 20},
              {"scale_embedding", true},
              {"max_position_embeddings", 12},
              {"pad_token_id", 12},
              {"eos_token_id", 0},
              {"decoder_start_token_id", 12},
              {"relative_attention_num_buckets", 8},
              {"relative_attention_max_distance", 6}};
  for (std::size_t a = 0; a < choice.size(); ++a) config[options()[a].key] = options()[a].values[choice[a]];
  return config;
}

std::string name_of(const testing::TestParamInfo<Choice>& info) {
  std::string name;
  for (std::size_t a = 0; a < info.param.size(); ++a) {
    if (info.param[a] == 0) continue;
    const Json& value = options()[a].values[info.param[a]];
    name += (name.empty() ? "" : "_") + options()[a].key + "_" +
            (value.is_string() ? value.get<std::string>() : to_line(value));
  }
  return name.empty() ? "plain" : name;
}

using Ids = std::vector<std::vector<std::int32_t>>;
const Ids sources{{4, 9, 2, 7, 0}, {5, 0}, {3, 3, 8, 11, 1, 6, 0}};
const Ids inputs{{12, 7, 7, 2}, {12, 5, 9, 10, 1, 4}, {12}};
const Ids labels{{7, 7, 2, 0}, {5, 9, 10, 1, 4, 0}, {0}};

std::vector<std::int32_t> joined(const Ids& rows) {
  std::vector<std::int32_t> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

class Shapes : public testing::TestWithParam<Choice> {
 protected:
  // Drawn weights, moved away from zeros and ones so that each matters.
  Shapes() : model_(as_kind<SequenceToSequence>(create(config_of(GetParam()), {21}), "config")) {
    RandomStream random({33});
    for (Parameter* p : model_->parameters().all()) {
      auto values = p->value().to_doubles();
      for (double& x : values) x += 0.1 * random.normal();
      p->set(Tensor::from<double>(p->shape(), values).to(DType::f32));
    }
  }

  Var logits(Step& step, const SequenceToSequence& model, const Ids& from, const Ids& to) const {
    const Var hidden = model.decode(model.encode(step, TokenBatch::of(from)), TokenBatch::of(to));
    const LinearWeights w = model.vocabulary(step);
    return linear(hidden, {w.weight, reshape(w.bias, {w.weight.size(0)})});
  }
  std::vector<double> logits(const SequenceToSequence& model) const {
    Step step({.threads = &threads_, .compute = DType::f64});
    return logits(step, model, sources, inputs).value().to_doubles();
  }
  Var loss(Step& step) const {
    const Var hidden = model_->decode(model_->encode(step, TokenBatch::of(sources)), TokenBatch::of(inputs));
    const auto targets = joined(labels);
    return vocabulary_loss(hidden, model_->vocabulary(step),
                           Tensor::from<std::int32_t>({static_cast<std::int64_t>(targets.size())}, targets),
                           {.smoothing = 0.1})
        .sum;
  }
  double loss_value() const {
    Step step({.threads = &threads_, .compute = DType::f64});
    return loss(step).value().item();
  }

  ThreadPool threads_{2};
  std::unique_ptr<SequenceToSequence> model_;
};

// Of the whole model; a shared weight's gradient is the sum over its uses.
TEST_P(Shapes, GradientsAreThoseOfDifferences) {
  for (Parameter* p : model_->parameters().all()) p->set(p->value().to(DType::f64).clone());
  Tape tape;
  Step step({.threads = &threads_, .tape = &tape, .compute = DType::f64});
  tape.backward(loss(step));
  constexpr double h = 1e-5;
  RandomStream random({8});
  for (Parameter* p : model_->parameters().all()) {
    if (p->role() == Parameter::Role::constant) continue;
    const Tensor& gradient = tape.gradient(*p);
    ASSERT_TRUE(gradient) << p->name();
    // Not the row of the padding token, whose look-ups train nothing by agreement.
    const bool table = p->shape()[0] == 13 && p->shape().rank() == 2;
    const std::int64_t elements = table ? 12 * 16 : p->value().elements();
    for (int sample = 0; sample < 2; ++sample) {
      const auto i = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(elements)));
      double side[2];
      for (int s = 0; s < 2; ++s) {
        double& x = p->update().as<double>()[i];
        const double before = x;
        x += s == 0 ? h : -h;
        side[s] = loss_value();
        p->update().as<double>()[i] = before;
      }
      const double expected = (side[0] - side[1]) / (2 * h);
      EXPECT_NEAR(gradient.host<double>()[static_cast<std::size_t>(i)], expected,
                  1e-7 + 1e-6 * std::fabs(expected))
          << p->name() << " element " << i;
    }
  }
}

TEST_P(Shapes, TokenByTokenEqualsAllAtOnce) {
  Step step({.threads = &threads_, .compute = DType::f64});
  const Memory memory = model_->encode(step, TokenBatch::of(sources));
  const std::vector<std::int32_t> row = inputs[1];
  const auto expected = logits(step, *model_, {sources[2]}, {row}).value().to_doubles();
  const auto state = model_->begin(memory, std::vector<int>{2, 0, 2});
  for (std::size_t t = 0; t < row.size(); ++t) {
    const Tensor found = model_->next(*state, std::vector<std::int32_t>(3, row[t])).value();
    for (std::size_t v = 0; v < 13; ++v) {
      EXPECT_NEAR(found.to_doubles()[v], expected[t * 13 + v], 1e-10) << t;
      EXPECT_EQ(found.to_doubles()[2 * 13 + v], found.to_doubles()[v]);
    }
    state->reorder(std::vector<int>{2, 1, 0});
  }
}

TEST_P(Shapes, InSinglePrecisionASequenceAloneGivesTheSameBits) {
  const ThreadPool one(1);
  Step together({.threads = &threads_}), alone({.threads = &one});
  const auto all = logits(together, *model_, sources, inputs).value().to_doubles();
  std::size_t at = 0;
  for (std::size_t s = 0; s < sources.size(); ++s)
    for (const double x : logits(alone, *model_, {sources[s]}, {inputs[s]}).value().to_doubles())
      ASSERT_EQ(x, all[at++]) << s;
}

TEST_P(Shapes, LoadsAsItWasSaved) {
  const testing_support::ScratchFolder folder;
  save(*model_, folder);
  const auto again = load_as<SequenceToSequence>(folder);
  EXPECT_EQ(again->config(), model_->config());
  EXPECT_EQ(logits(*again), logits(*model_));
}

// What transformers can hold, with weights repeated where it has no sharing, is the same function.
TEST_P(Shapes, GivesTheSameAnswersAsItIsWritten) {
  Json config = config_of(GetParam());
  config.erase("model_type");
  TrainedForm form;
  try {
    form = trained_form(config);
  } catch (const UsageError&) {
    return;  // no family of transformers holds this shape: written_form_test.cc says which
  }
  const auto written = converted(*model_, form.written_as);
  EXPECT_EQ(written->config()["model_type"], form.written_as);
  const auto found = logits(*written), expected = logits(*model_);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Covering, Shapes, testing::ValuesIn(covering()), name_of);

TEST(ShapesCount, SharingAndGroupingHaveFewerWeights) {
  const auto count = [](const char* key, int value) {
    Json config = config_of(Choice(options().size(), 0));
    config[key] = value;
    return create(config, {1})->parameters().elements();
  };
  const std::int64_t plain = count("d_model", 16);
  const std::int64_t attention = 4 * (16 * 16 + 16), norm = 2 * 16;
  EXPECT_EQ(plain - count("encoder_layer_groups", 1),
            2 * (attention + 16 * 12 + 12 + 12 * 16 + 16 + 2 * norm));
  EXPECT_EQ(plain - count("decoder_layer_groups", 1), 2 * attention + 16 * 20 + 20 + 20 * 16 + 16 + 3 * norm);
  // Keys and values of 3 + 2 x 2 attentions, each 4 columns wide instead of 16.
  EXPECT_EQ(plain - count("num_key_value_heads", 1), 7 * 2 * (12 * 16 + 12));
}

}  // namespace
}  // namespace regard::models
