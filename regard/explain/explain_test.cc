#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/explain/answers.h"
#include "regard/explain/attention_reader.h"
#include "regard/explain/attribution.h"
#include "regard/explain/direct.h"
#include "regard/explain/faithfulness.h"
#include "regard/explain/gradients.h"
#include "regard/explain/named_values.h"
#include "regard/explain/relevance.h"
#include "tests/support/drawn_model.h"

namespace regard::explain {
namespace {

using testing_support::DrawnModel;
using testing_support::golden;

using Scores = std::vector<std::vector<double>>;

void expect_near(const Scores& found, const Scores& wanted, double tolerance, const std::string& what) {
  ASSERT_EQ(found.size(), wanted.size()) << what;
  for (std::size_t side = 0; side < found.size(); ++side) {
    ASSERT_EQ(found[side].size(), wanted[side].size()) << what;
    for (std::size_t i = 0; i < found[side].size(); ++i)
      EXPECT_NEAR(found[side][i], wanted[side][i], tolerance) << what << " " << side << " " << i;
  }
}

// What tests/golden/explain.py wrote.
class ExplainGolden : public testing::TestWithParam<const char*> {
 protected:
  ExplainGolden() {
    const auto ids = [&](const char* key) {
      return wanted.contains(key) ? wanted[key].get<std::vector<std::int32_t>>()
                                  : std::vector<std::int32_t>();
    };
    explained = {{ids("ids"), {}, ids("prefix")}, {ids("baseline"), {}, ids("prefix_baseline")}};
    quantity.terms.push_back({wanted["row"], wanted["column"], 1});
    if (wanted.contains("other")) quantity.terms.push_back({wanted["row"], wanted["other"], -1});
  }
  StepOptions step(DType compute) { return {.threads = &threads, .compute = compute}; }
  Subject subject(DType compute) { return {*drawn.model, step(compute)}; }

  DrawnModel drawn{GetParam()};
  Json wanted = read_json(golden / "explain" / (std::string(GetParam()) + ".json"));
  ThreadPool threads{2};
  Explained explained;
  Quantity quantity;
};

TEST_P(ExplainGolden, AttributionsEqualThoseMadeWithPyTorch) {
  for (const DType compute : {DType::f64, DType::f32}) {
    const double tolerance = compute == DType::f64 ? 1e-9 : 1e-4;
    const auto scores = [&](Method method) {
      return attribute(subject(compute), explained, quantity,
                       {.method = method, .steps = wanted["steps"].get<int>(), .batch_tokens = 40});
    };
    const Attribution integrated = scores(Method::integrated_gradients);
    expect_near(integrated.scores, wanted["integrated_gradients"].get<Scores>(), tolerance, "integrated");
    EXPECT_NEAR(integrated.value, wanted["value"].get<double>(), tolerance);
    EXPECT_NEAR(integrated.baseline_value, wanted["baseline_value"].get<double>(), tolerance);
    EXPECT_NEAR(integrated.completeness_error, 0, 1e-4);
    expect_near(scores(Method::gradient_x_input).scores, wanted["gradient_x_input"].get<Scores>(), tolerance,
                "gradient x input");
    expect_near(scores(Method::occlusion).scores, wanted["occlusion"].get<Scores>(), tolerance, "occlusion");
    expect_near(scores(Method::attention_gradient).scores, wanted["attention_gradient"].get<Scores>(),
                tolerance, "attention gradient");
    for (const AttentionGradient& layer :
         differentiate_attention(subject(compute), explained.input, quantity)) {
      const char* part = layer.name.part == AttentionPart::encoder   ? "encoder"
                         : layer.name.part == AttentionPart::decoder ? "decoder"
                                                                     : "cross";
      const std::string key = std::string(part) + "." + std::to_string(layer.name.layer);
      ASSERT_TRUE(wanted["importance"].contains(key)) << key;
      expect_near({layer.importance}, {wanted["importance"][key].get<std::vector<double>>()}, tolerance, key);
    }
  }
}

TEST_P(ExplainGolden, RolloutAndLensEqualThoseMadeWithPyTorch) {
  AttentionReader reader(threads, {});
  StepOptions options = step(DType::f64);
  options.probe = &reader;
  {
    Step pass(options);
    subject(DType::f64).run(pass, std::span(&explained.input, 1));
  }
  for (const auto& [part, rows] : wanted["rollout"].items()) {
    const Matrix& found = part == "encoder" ? reader.encoder_rollout : reader.decoder_rollout;
    std::vector<double> flat;
    for (const Json& row : rows)
      for (const Json& x : row) flat.push_back(x.get<double>());
    expect_near({found.values}, {flat}, 1e-12, part);
  }
  if (!wanted.contains("lens")) return;
  const std::vector<std::int64_t> columns{wanted["column"].get<std::int64_t>()};
  const Lens lens =
      logit_lens(subject(DType::f64), explained.input, {{wanted["row"].get<std::int64_t>()}}, columns);
  ASSERT_EQ(lens.layers.size(), wanted["lens"].size());
  for (std::size_t i = 0; i < lens.layers.size(); ++i)
    EXPECT_NEAR(lens.probabilities[i][0], wanted["lens"][i].get<double>(), 1e-12);
}

// Reading changes no bit of what comes out; a part of the weights is that part of all; and what is set is
// what the rest of the pass sees.
TEST_P(ExplainGolden, ReadingLeavesTheOutputsAndChangingDoesNot) {
  const std::span<const ModelInput> input(&explained.input, 1);
  const auto outputs = [&](Probe* probe, std::optional<kernels::WeightFormat> format) {
    StepOptions options = step(DType::f32);
    options.probe = probe;
    options.weights = format;
    Step pass(options);
    const Outputs out = subject(DType::f32).pass(pass, input);
    return linear(out.features, out.projection).value().to_doubles();
  };
  for (const auto format :
       {std::optional<kernels::WeightFormat>(), std::optional(kernels::WeightFormat::bf16),
        std::optional(kernels::WeightFormat::int8)}) {
    ValueProbe all({{"*", {}}}, {});
    const std::vector<double> plain = outputs(nullptr, format);
    EXPECT_EQ(outputs(&all, format), plain);
    EXPECT_GT(all.values().size(), 10U);
    for (const ReadValue& read : all.values()) EXPECT_NE(kind_of(read.name), nullptr) << read.name;
    ValueProbe some({value_choice("*.attention.weights:heads=1:rows=0,2")}, {});
    EXPECT_EQ(outputs(&some, format), plain);
    ASSERT_FALSE(some.values().empty());
    const ReadValue& part = some.values()[0];
    const auto whole = std::find_if(all.values().begin(), all.values().end(),
                                    [&](const ReadValue& r) { return r.name == part.name; });
    const auto a = part.value.to_doubles(), b = whole->value.to_doubles();
    const auto T = static_cast<std::size_t>(whole->value.size(1)),
               S = static_cast<std::size_t>(whole->value.size(2));
    ASSERT_EQ(a.size(), 2 * S);
    for (std::size_t s = 0; s < S; ++s) {
      EXPECT_EQ(a[s], b[T * S + s]);
      EXPECT_EQ(a[S + s], b[(T + 2) * S + s]);
    }
    ValueProbe same({}, {value_change(ValueChange::Kind::scale, "*.attention.heads=1")});
    EXPECT_EQ(outputs(&same, format), plain);
    ValueProbe silent({{"*.attention.heads", {}}},
                      {value_change(ValueChange::Kind::set, "*block.0.*attention.heads:heads=0=0")});
    EXPECT_NE(outputs(&silent, format), plain);
    const Tensor& heads = silent.values()[0].value;  // [N,H,D]
    const auto rows = heads.to_doubles();
    for (std::int64_t d = 0; d < heads.size(2); ++d) EXPECT_EQ(rows[static_cast<std::size_t>(d)], 0);
    EXPECT_NE(rows[static_cast<std::size_t>(heads.size(2))], 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, ExplainGolden,
                         testing::Values("bert_sequence", "roberta_token", "gpt2", "llama", "marian"),
                         [](const auto& info) { return std::string(info.param); });

// What the parts add directly is the number, and what the heads add is what attention does but for a bias.
TEST(Explain, DirectEffectsAddUp) {
  const ThreadPool threads(1);
  for (const char* name : {"gpt2", "llama", "t5", "gpt_neox", "opt"}) {
    const DrawnModel drawn(name);
    const StepOptions options{.threads = &threads, .compute = DType::f64};
    const Subject subject(*drawn.model, options);
    const ModelInput input{
        {5, 9, 6, 7},
        {},
        std::string(name) == "t5" ? std::vector<std::int32_t>{0, 8, 3} : std::vector<std::int32_t>{}};
    const Quantity quantity{{{2, 4, 1}, {2, 7, -1}}};
    const auto found = direct_effects(subject, input, quantity);
    ASSERT_TRUE(found) << name;
    Step step(options);
    double sum = found->embedding + found->rest;
    for (const DirectPart& part : found->blocks) {
      sum += part.attention + part.feed_forward;
      EXPECT_GE(part.heads.size(), 2U);
      const double heads = std::accumulate(part.heads.begin(), part.heads.end(), 0.0);
      if (std::string(name) == "llama" || std::string(name) == "t5") {
        EXPECT_NEAR(heads, part.attention, 1e-9) << name;
      }
    }
    EXPECT_NEAR(sum, measure(subject.pass(step, std::span(&input, 1)), quantity).values[0], 1e-9) << name;
  }
  const DrawnModel bert("bert_token");
  EXPECT_FALSE(direct_effects(Subject(*bert.model, {.threads = &threads}), {{5, 6, 7}}, {{{1, 0}}}));
}

TEST(Explain, PointsOfGaussAndLegendreIntegratePolynomials) {
  for (int n = 1; n <= 50; n += 7) {
    double sum = 0, high = 0;
    for (const QuadraturePoint& p : gauss_legendre(n)) {
      sum += p.weight;
      high += p.weight * std::pow(p.at, 2 * n - 1);
    }
    EXPECT_NEAR(sum, 1, 1e-14);
    EXPECT_NEAR(high, 1.0 / (2 * n), 1e-14);
  }
}

// A row of logits (0, log 3): by hand.
TEST(Explain, NumbersAreMeasuredAmongTheirRivals) {
  const ThreadPool threads(1);
  Step step({.threads = &threads, .compute = DType::f64});
  const double z = std::log(3.0);
  Outputs outputs;
  outputs.features = step.constant(Tensor::from<double>({2, 1}, {1.0, 0.0}));
  outputs.projection = {step.constant(Tensor::from<double>({2, 1}, {0.0, z})), {}};
  outputs.rows = Layout::of({2});
  Quantity q{{{0, 1}}};
  EXPECT_NEAR(measure(outputs, q).values[0], z, 1e-12);
  EXPECT_NEAR(measure(outputs, q).probabilities[0], 0.75, 1e-12);
  q.measure = Quantity::Measure::log_probability;
  EXPECT_NEAR(measure(outputs, q).values[0], std::log(0.75), 1e-12);
  q.among = Among::rows;  // the column is (log 3, 0)
  EXPECT_NEAR(measure(outputs, q).probabilities[0], 0.75, 1e-12);
  q.among = Among::itself;
  EXPECT_NEAR(measure(outputs, q).probabilities[0], 0.75, 1e-12);
  q.terms[0].row = 2;
  EXPECT_THROW(measure(outputs, q), UsageError);
  q.terms[0] = {0, 2};
  EXPECT_THROW(measure(outputs, q), UsageError);
}

TEST(Explain, HeadsAreNamedByWhatTheyLookAt) {
  HeadFigures figures;
  EXPECT_EQ(role_of(figures), "mixed");
  figures.rows = 1;
  figures.previous = 0.8;
  HeadFigures other{.first = 1, .rows = 1};
  EXPECT_EQ(role_of(figures), "previous token");
  figures.add(other);
  EXPECT_NEAR(figures.previous, 0.4, 1e-12);
  EXPECT_EQ(role_of(figures), "first token");
}

// The order of tokens by what their loss costs is better than the opposite one, by every measure.
TEST(Explain, FaithfulAttributionsFallFastest) {
  const DrawnModel drawn("bert_sequence");
  const ThreadPool threads(1);
  const Subject subject(*drawn.model, {.threads = &threads, .compute = DType::f64});
  const Explained explained{{{5, 9, 14, 21, 8, 11}, {}, {}}, {{5, 6, 6, 6, 6, 11}, {}, {}}};
  const Quantity quantity{{{0, 1}}};
  const Attribution occlusion = attribute(subject, explained, quantity, {.method = Method::occlusion});
  Attribution opposite = occlusion;
  for (double& x : opposite.scores[0]) x = -x;
  const Faithfulness right = faithfulness(subject, explained, quantity, occlusion);
  const Faithfulness wrong = faithfulness(subject, explained, quantity, opposite);
  EXPECT_GT(right.comprehensiveness, wrong.comprehensiveness);
  EXPECT_LT(right.sufficiency, wrong.sufficiency);
  EXPECT_LT(right.deletion_area, wrong.deletion_area);
  EXPECT_EQ(right.fractions.front(), 0);
  EXPECT_EQ(right.fractions.back(), 1);
  EXPECT_EQ(right.deletion.front(), right.insertion.back());
  EXPECT_EQ(right.deletion.back(), right.insertion.front());
}

TEST(Explain, ACancelledOneEnds) {
  const DrawnModel drawn("gpt2");
  const ThreadPool threads(1);
  const Subject subject(*drawn.model, {.threads = &threads});
  const Explained explained{{{5, 6, 7}, {}, {}}, {{3, 3, 3}, {}, {}}};
  EXPECT_THROW(attribute(subject, explained, {{{2, 4}}},
                         {.method = Method::occlusion, .cancelled = [] { return true; }}),
               Interrupted);
}

}  // namespace
}  // namespace regard::explain
