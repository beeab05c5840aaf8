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

  Text draw() {
    const std::vector<std::string> fillers{"ba", "da", "fa", "ga", "la", "ma", "na", "pa", "ra", "sa"};
    const std::vector<std::string> markers{"oko", "ulu", "ixi", "eve"};  // up, up, down, down
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random_() % n); };
    std::vector<std::string> words;
    for (std::size_t n = 7 + below(4); n > 0; --n) words.push_back(fillers[below(fillers.size())]);
    const std::size_t marker = below(markers.size()), place = below(words.size());
    words[place] = markers[marker];
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
    text.label = (marker < 2) != turned ? "up" : "down";
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

// Whether the `deciding` words are those with the largest scores, of either sign.
bool finds(const std::vector<double>& words, const std::vector<std::size_t>& deciding) {
  std::vector<std::size_t> order(words.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::fabs(words[a]) > std::fabs(words[b]); });
  order.resize(deciding.size());
  std::sort(order.begin(), order.end());
  return order == deciding;
}

TEST_F(PlantedRule, IsFoundByAttributions) {
  std::string train;
  for (int i = 0; i < 2000; ++i) {
    const Text text = draw();
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
  double by_chance = 0;
  std::map<std::string, int> found;
  for (int i = 0; i < texts; ++i) {
    const Text text = draw();
    const Explanation explanation = model.explain(text.words, {.methods = methods});
    const Explanation::Answer& answer = explanation.answers[0];
    right += answer.text == text.label;
    for (const auto& attribution : answer.attributions) {
      const std::vector<double> words = words_of(explanation, attribution);
      found[attribution.method] += finds(words, text.deciding);
      const auto n = static_cast<double>(words.size());
      if (attribution.method == methods[0])
        by_chance += text.deciding.size() == 1 ? 1 / n : 2 / (n * (n - 1));
    }
  }
  std::cout << "right labels: " << right << " of " << texts << "; by chance the deciding words: " << by_chance
            << "\n";
  for (const std::string& method : methods)
    std::cout << method << ": the deciding words of " << found[method] << "\n";
  EXPECT_GE(right, 196);
}

}  // namespace
}  // namespace regard::testing_support
