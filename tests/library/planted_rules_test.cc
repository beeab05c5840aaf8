#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <random>

#include "regard/regard.h"
#include "tests/support/program.h"

namespace regard::testing_support {
namespace {

// Whether attributions find what a label depends on, where that is known because it was planted. A text has
// one word of two for "up" or of two for "down", at any place; "ne" right before it turns the label round; a
// second "ne" before some other word does nothing. So what decides is that word, and "ne" where it stands
// before it.
class PlantedRule : public ProgramTest {
 protected:
  struct Text {
    std::string words, label;
    std::vector<std::size_t> deciding;  // places
  };

  enum class Marker { some, perhaps };
  Text draw(Marker marked) {
    const std::vector<std::string> fillers{"ba", "da", "fa", "ga", "la", "ma", "na", "pa", "ra", "sa"};
    const std::vector<std::string> markers{"oko", "ulu", "ixi", "eve"};  // up, up, down, down
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random_() % n); };
    std::vector<std::string> words;
    for (std::size_t n = 7 + below(4); n > 0; --n) words.push_back(fillers[below(fillers.size())]);
    const std::size_t marker = below(markers.size()), place = below(words.size());
    const bool level = marked == Marker::perhaps && below(4) == 0;
    if (!level) words[place] = markers[marker];
    const bool turned = below(2) == 1;
    if (below(2) == 1) {
      std::size_t other = below(words.size());
      if (other == place) other = place == 0 ? words.size() - 1 : 0;
      words[other] = "ne " + words[other];
    }
    if (turned) words[place] = "ne " + words[place];
    Text text;
    std::size_t at = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      text.words += (i > 0 ? " " : "") + words[i];
      if (i == place && turned) text.deciding.push_back(at);
      at += words[i].starts_with("ne ") ? 2U : 1U;
      if (i == place) text.deciding.push_back(at - 1);
    }
    text.label = level ? "level" : (marker < 2) != turned ? "up" : "down";
    return text;
  }

  std::mt19937 random_{1};
};

// The scores of a text's words: a word of several tokens has their sum.
std::vector<double> words_of(const Explanation& explanation, const Explanation::Attribution& attribution) {
  std::vector<double> words;
  const auto& tokens = explanation.sides[0].tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].special) continue;
    if (!tokens[i].continues) words.push_back(0);
    words.back() += attribution.scores[0][i];
  }
  return words;
}

// The places of the words with the largest scores, of either sign, the largest first.
std::vector<std::size_t> largest(const std::vector<double>& words, std::size_t count) {
  std::vector<std::size_t> order(words.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::fabs(words[a]) > std::fabs(words[b]); });
  order.resize(count);
  return order;
}

// Of how many texts the largest score stands at a deciding word, and of how many the largest ones are those.
struct Found {
  double first = 0, all = 0;
};

TEST_F(PlantedRule, IsFoundByAttributions) {
  std::string train;
  for (int i = 0; i < 4000; ++i) {
    const Text text = draw(Marker::perhaps);
    train += text.words + "\t" + text.label + "\n";
  }
  write("train.tsv", train);
  const Result trained = sh(
      "regard train text-classification --train train.tsv --output model --set hidden_size=32 "
      "--set num_hidden_layers=2 --set num_attention_heads=2 --set intermediate_size=64 --set vocab_size=60 "
      "--set num_train_epochs=30 --set learning_rate=3e-3 --seed 1");
  ASSERT_EQ(trained.exit, 0) << trained.err;
  const Model model = load(folder / "model");
  const std::vector<std::string> methods{"integrated-gradients", "gradient-x-input", "smooth-gradient",
                                         "attention-gradient", "occlusion"};
  constexpr int texts = 200;
  int right = 0;
  Found chance;
  std::map<std::string, Found> found;
  for (int i = 0; i < texts; ++i) {
    const Text text = draw(Marker::some);
    const std::size_t count = text.deciding.size();
    const Explanation explanation = model.explain(text.words, {.methods = methods});
    const Explanation::Answer& answer = explanation.answers[0];
    right += answer.text == text.label;
    for (const auto& attribution : answer.attributions) {
      std::vector<std::size_t> places = largest(words_of(explanation, attribution), count);
      Found& of = found[attribution.method];
      of.first += std::count(text.deciding.begin(), text.deciding.end(), places[0]) > 0 ? 1 : 0;
      std::sort(places.begin(), places.end());
      of.all += places == text.deciding ? 1 : 0;
    }
    const auto n = static_cast<double>(words_of(explanation, answer.attributions[0]).size());
    chance.first += static_cast<double>(count) / n;
    chance.all += count == 1 ? 1 / n : 2 / (n * (n - 1));
  }
  std::cout << "right labels: " << right << " of " << texts << "\nby chance: first " << chance.first
            << ", all " << chance.all << "\n";
  for (const std::string& method : methods)
    std::cout << method << ": first " << found[method].first << ", all " << found[method].all << "\n";
  // What it cannot do it cannot explain; the bounds leave room for another processor's last bits.
  EXPECT_GE(right, 185);
  EXPECT_GE(found["occlusion"].all, 160);
  EXPECT_GE(found["integrated-gradients"].first, 160);
  EXPECT_GE(found["integrated-gradients"].all, 110);
  for (const std::string& method : methods) {
    EXPECT_GE(found[method].first, 1.5 * chance.first) << method;
    EXPECT_GE(found[method].all, 2 * chance.all) << method;
  }
}

}  // namespace
}  // namespace regard::testing_support
