#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/metrics/classification.h"
#include "regard/metrics/correlation.h"
#include "regard/metrics/entity_f1.h"
#include "regard/metrics/error_rate.h"
#include "regard/metrics/perplexity.h"
#include "regard/metrics/porter_stemmer.h"
#include "regard/metrics/rouge.h"
#include "regard/metrics/squad.h"

// Metrics of tasks against the packages of Python that define them (tests/golden/task_metrics/make.py).

namespace regard {
namespace {

using Lines = std::vector<std::string>;

Json golden(const char* part) {
  static const Json cases =
      read_json(std::filesystem::path(REGARD_SOURCE_DIR) / "tests/golden/task_metrics/cases.json");
  return cases.at(part);
}

std::vector<double> sums_of(const Metric& metric, const Lines& said, const std::vector<Lines>& references) {
  return count_segments(metric, {said, references}).sums();
}

TEST(PorterStemmer, AgreesWithNltk) {
  const Json stems = golden("stems");
  ASSERT_GT(stems.size(), 1000U);
  for (const Json& one : stems) EXPECT_EQ(porter_stem(one[0].get<std::string>()), one[1]) << one[0];
}

TEST(Rouge, AgreesWithRougeScore) {
  for (const Json& one : golden("rouge")) {
    for (const auto& [name, expected] : one.at("scores").items()) {
      const Rouge rouge({.kind = *rouge_kind_named(name), .stemmer = one.at("stemmer").get<bool>()});
      const auto sums =
          sums_of(rouge, one.at("hypotheses").get<Lines>(), one.at("references").get<std::vector<Lines>>());
      EXPECT_NEAR(rouge.parts(sums).at("precision").get<double>(), expected[0].get<double>(), 1e-9) << name;
      EXPECT_NEAR(rouge.parts(sums).at("recall").get<double>(), expected[1].get<double>(), 1e-9) << name;
      EXPECT_NEAR(rouge.score(sums), expected[2].get<double>(), 1e-9) << name;
    }
  }
}

TEST(Rouge, BreaksOfLinesMayBeWrittenAsTwoCharacters) {
  const Lines said{"one two\\nthree"}, reference{"three\\none two"};
  const auto score = [&](bool escaped) {
    return corpus_score(Rouge({.kind = RougeKind::rougeLsum, .escaped_breaks = escaped}),
                        {said, std::span(&reference, 1)});
  };
  EXPECT_EQ(score(true), 100);
  EXPECT_LT(score(false), 100);
  EXPECT_EQ(Rouge({.stemmer = true}).settings(), "case:lc|tok:rouge|type:rougeL|stem:porter");
  EXPECT_FALSE(rouge_kind_named("rouge3"));
}

TEST(ErrorRate, AgreesWithJiwer) {
  for (const Json& one : golden("errors")) {
    const std::vector<Lines> references{one.at("references").get<Lines>()};
    for (const auto unit : {ErrorRateOptions::Unit::words, ErrorRateOptions::Unit::characters}) {
      const ErrorRate rate({.unit = unit});
      const auto sums = sums_of(rate, one.at("hypotheses").get<Lines>(), references);
      EXPECT_NEAR(rate.score(sums), one.at(rate.name()).get<double>(), 1e-9) << to_line(one);
      const bool words = unit == ErrorRateOptions::Unit::words;
      EXPECT_EQ(sums, one.at(words ? "words" : "characters").get<std::vector<double>>()) << to_line(one);
    }
  }
}

TEST(ErrorRate, OptionsAndSeveralReferences) {
  const auto rate = [](const ErrorRateOptions& options, const Lines& references) {
    std::vector<Lines> lists;
    for (const std::string& line : references) lists.push_back({line});
    return corpus_score(ErrorRate(options), {Lines{"The cat, sat."}, lists});
  };
  EXPECT_EQ(rate({}, {"the cat sat"}), 100);
  EXPECT_NEAR(rate({.lowercase = true}, {"the cat sat"}), 200.0 / 3, 1e-12);
  EXPECT_EQ(rate({.lowercase = true, .no_punctuation = true}, {"the cat sat"}), 0);
  EXPECT_EQ(rate({}, {"the cat sat", "The cat, sat."}), 0);
  EXPECT_EQ(rate({}, {""}), 300);
  EXPECT_EQ(ErrorRate({.no_punctuation = true}).settings(), "case:mixed|punct:no");
}

double part(const Json& parts, const char* average, const char* which) {
  return parts.at(average).at(which).get<double>();
}

TEST(LabelMetric, AgreesWithScikitLearn) {
  for (const Json& one : golden("labels")) {
    const auto said = one.at("predicted").get<Lines>();
    const std::vector<Lines> expected{one.at("expected").get<Lines>()};
    const auto labels = one.at("labels").get<Lines>();
    using Measure = LabelOptions::Measure;
    for (const Measure measure : {Measure::accuracy, Measure::matthews}) {
      const LabelMetric metric({.measure = measure, .labels = labels});
      EXPECT_NEAR(metric.score(sums_of(metric, said, expected)), one.at(metric.name()).get<double>(), 1e-9);
    }
    for (std::size_t a = 0; a < average_names().size(); ++a) {
      const std::string& average = average_names()[a];
      const LabelMetric metric(
          {.measure = Measure::f1, .average = static_cast<Average>(a), .labels = labels});
      const auto sums = sums_of(metric, said, expected);
      const Json parts = metric.parts(sums);
      EXPECT_NEAR(metric.score(sums), one.at(average)[2].get<double>(), 1e-9) << average;
      EXPECT_NEAR(part(parts, average.c_str(), "precision"), one.at(average)[0].get<double>(), 1e-9);
      EXPECT_NEAR(part(parts, average.c_str(), "recall"), one.at(average)[1].get<double>(), 1e-9);
      for (std::size_t c = 0; c < labels.size(); ++c)
        EXPECT_NEAR(part(parts.at("classes"), labels[c].c_str(), "f1"), one.at("classes")[c][2].get<double>(),
                    1e-9);
    }
  }
}

TEST(LabelMetric, AgreesWithScikitLearnOnSeveralLabelsEach) {
  const Json one = golden("multi");
  const auto said = one.at("predicted").get<Lines>();
  const std::vector<Lines> expected{one.at("expected").get<Lines>()};
  LabelOptions options{.labels = one.at("labels").get<Lines>(), .separator = ","};
  const LabelMetric accuracy(options);
  const auto sums = sums_of(accuracy, said, expected);
  EXPECT_NEAR(accuracy.score(sums), one.at("accuracy").get<double>(), 1e-9);
  for (const std::string& average : average_names())
    EXPECT_NEAR(part(accuracy.parts(sums), average.c_str(), "f1"), one.at(average).get<double>(), 1e-9);
  EXPECT_FALSE(accuracy.parts(sums).contains("matthews"));
  options.measure = LabelOptions::Measure::matthews;
  EXPECT_THROW(LabelMetric{options}, UsageError);
}

TEST(LabelMetric, RefusesWhatItCannotCount) {
  const LabelMetric metric({.labels = {"a", "b"}});
  const auto count = [&](const std::string& said, std::vector<std::string_view> references) {
    std::vector<double> row(metric.width());
    metric.count(said, references, row);
  };
  EXPECT_NO_THROW(count(" a ", {"b"}));
  EXPECT_THROW(count("c", {"a"}), UsageError);
  EXPECT_THROW(count("a", {"a", "b"}), UsageError);
}

TEST(ConfusionTable, AgreesWithScikitLearn) {
  for (const Json& one : golden("labels")) {
    const auto labels = one.at("labels").get<Lines>();
    const auto index = [&](const Json& label) {
      return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label.get<std::string>()) -
                                      labels.begin());
    };
    ConfusionTable table(labels.size());
    for (std::size_t i = 0; i < one.at("expected").size(); ++i)
      table.add(index(one.at("expected")[i]), index(one.at("predicted")[i]));
    for (std::size_t e = 0; e < labels.size(); ++e)
      for (std::size_t p = 0; p < labels.size(); ++p)
        EXPECT_EQ(table.count(e, p), one.at("confusion")[e][p].get<std::int64_t>());
    EXPECT_NEAR(100 * table.accuracy(), one.at("accuracy").get<double>(), 1e-9);
    EXPECT_NEAR(100 * table.matthews(), one.at("matthews").get<double>(), 1e-9);
    const std::vector<Found> found = table.found();
    EXPECT_NEAR(100 * averaged(found, Average::macro).f1, one.at("macro")[2].get<double>(), 1e-9);
  }
}

TEST(ConfusionTable, IsATableInText) {
  ConfusionTable table(2);
  table.add(0, 0);
  table.add(1, 0);
  EXPECT_EQ(lines_of(table, Lines{"no", "yes"}), (Lines{"      no  yes", "no     1    0", "yes    1    0"}));
  EXPECT_EQ(
      lines_of(table, Lines{"a long label indeed", "b"}),
      (Lines{"                       1  2", "1 a long label indeed  1  0", "2 b                    1  0"}));
}

TEST(EntityF1, AgreesWithSeqeval) {
  for (const Json& one : golden("entities")) {
    const auto said = one.at("predicted").get<Lines>();
    const std::vector<Lines> expected{one.at("expected").get<Lines>()};
    for (std::size_t a = 0; a < average_names().size(); ++a) {
      const EntityF1 metric({.scheme = tag_scheme(one.at("scheme").get<std::string>()),
                             .average = static_cast<Average>(a),
                             .types = {"PER", "LOC", "MISC"}});
      const auto sums = sums_of(metric, said, expected);
      const Json& right = one.at(average_names()[a]);
      EXPECT_NEAR(metric.score(sums), right[2].get<double>(), 1e-9) << to_line(one);
      const Json parts = metric.parts(sums);
      EXPECT_NEAR(part(parts, average_names()[a].c_str(), "precision"), right[0].get<double>(), 1e-9);
      EXPECT_NEAR(part(parts, average_names()[a].c_str(), "recall"), right[1].get<double>(), 1e-9);
    }
  }
}

TEST(EntityF1, RefusesWhatItCannotCount) {
  const EntityF1 metric({.types = {"A"}});
  const auto score = [&](const std::string& said, const std::string& expected) {
    return corpus_score(metric, {Lines{said}, std::vector<Lines>{{expected}}});
  };
  EXPECT_EQ(score("B-A I-A O", "B-A I-A O"), 100);
  EXPECT_EQ(score("B-A B-A O", "B-A I-A O"), 0);
  EXPECT_THROW(score("B-A", "B-A O"), InputError);
  EXPECT_THROW(score("B-X", "B-A"), UsageError);
  EXPECT_EQ(metric.settings(), "average:micro|scheme:any");
}

TEST(Correlation, AgreesWithScipy) {
  for (const Json& one : golden("numbers")) {
    const auto predicted = one.at("predicted").get<std::vector<double>>();
    const auto expected = one.at("expected").get<std::vector<double>>();
    const NumberPairs pairs{predicted, expected};
    EXPECT_NEAR(pearson_correlation(pairs), one.at("pearson").get<double>(), 1e-9);
    EXPECT_NEAR(spearman_correlation(pairs), one.at("spearman").get<double>(), 1e-9);
    EXPECT_NEAR(mean_squared_error(pairs), one.at("squared").get<double>(), 1e-6);
    EXPECT_NEAR(mean_absolute_error(pairs), one.at("absolute").get<double>(), 1e-9);
  }
  const std::vector<double> same{1, 1, 1}, rising{1, 2, 3};
  EXPECT_EQ(pearson_correlation({same, rising}), 0);
  EXPECT_EQ(ranks_of(std::vector<double>{5, 1, 5, 7}), (std::vector<double>{2.5, 1, 2.5, 4}));
}

TEST(Correlation, HasAnInterval) {
  std::vector<double> x, y;
  for (int i = 0; i < 60; ++i) {
    x.push_back(i);
    y.push_back(i + 20 * std::sin(i * 1.7));
  }
  const Confidence c =
      confidence_of(bootstrap_pairs({x, y}, spearman_correlation, {.count = 400, .seed = 3}));
  const double score = spearman_correlation({x, y});
  EXPECT_LT(c.low, score);
  EXPECT_GT(c.high, score);
  EXPECT_GT(c.median, c.low);
  EXPECT_NEAR(c.median, c.mean, 0.02);
}

TEST(Squad, AgreesWithItsScript) {
  for (const Json& one : golden("normalized"))
    EXPECT_EQ(squad_normalized(one[0].get<std::string>()), one[1].get<std::string>()) << one[0];
  for (const Json& one : golden("squad")) {
    const Lines said{one[0].get<std::string>()};
    const std::vector<Lines> right{{one[1].get<std::string>()}};
    EXPECT_EQ(corpus_score(Squad(Squad::Measure::exact_match), {said, right}), 100 * one[2].get<double>())
        << to_line(one);
    EXPECT_NEAR(squad_f1(said[0], right[0][0]), one[3].get<double>(), 1e-6) << to_line(one);
  }
}

TEST(Squad, TheBestOfSeveralAnswersCounts) {
  const Squad exact(Squad::Measure::exact_match), f1(Squad::Measure::f1);
  const Lines said{"the red cat", "", "dog"};
  const std::vector<Lines> references{{"cat\tred cat", "", ""}, {"a cat", "", ""}};
  const auto sums = sums_of(exact, said, references);
  EXPECT_NEAR(exact.score(sums), 200.0 / 3, 1e-12);
  EXPECT_EQ(exact.parts(sums).at("no_answer").at("score"), 50.0);
  EXPECT_EQ(exact.parts(sums).at("has_answer").at("questions"), 1);
  EXPECT_NEAR(corpus_score(f1, {said, references}), 200.0 / 3, 1e-12);
}

TEST(Perplexity, OverTokensWordsBytesAndCharacters) {
  TextLoss loss{std::log(2.0) * 12, 6, {}};
  loss.size.add("für zwei");
  EXPECT_EQ(loss.size.words, 2);
  EXPECT_EQ(loss.size.bytes, 9);
  EXPECT_EQ(loss.size.characters, 8);
  EXPECT_NEAR(loss.token_perplexity(), 4, 1e-12);
  EXPECT_NEAR(loss.word_perplexity(), 64, 1e-9);
  EXPECT_NEAR(loss.bits_per_character(), 1.5, 1e-12);
  EXPECT_NEAR(loss.bits_per_byte(), 12.0 / 9, 1e-12);
  EXPECT_NEAR(loss.byte_perplexity(), std::exp2(12.0 / 9), 1e-12);
  EXPECT_EQ(TextLoss{}.token_perplexity(), 1);

  const Perplexity metric;
  const std::vector<Lines> texts{{"a b", "c"}};
  EXPECT_NEAR(corpus_score(metric, {Lines{"-2", "-4"}, texts}), std::exp(2), 1e-12);        // per word
  EXPECT_NEAR(corpus_score(metric, {Lines{"-2\t1", "-4\t1"}, texts}), std::exp(3), 1e-12);  // per token
  EXPECT_THROW(corpus_score(metric, {Lines{"2", "-4"}, texts}), InputError);
  EXPECT_THROW(corpus_score(metric, {Lines{"-2 3", "-4"}, texts}), InputError);
}

}  // namespace
}  // namespace regard
