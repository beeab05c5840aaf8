#include "regard/text/subword_sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/text/marian_tokenizer.h"

namespace regard {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;
using Shares = std::map<std::vector<std::string>, double>;  // of each segmentation

SubwordVocabulary vocabulary_of(SubwordType type, const std::vector<std::pair<const char*, double>>& pieces) {
  SubwordVocabulary made{type, {}};
  std::int32_t id = 3;
  for (const auto& [text, score] : pieces) made.pieces.push_back({text, static_cast<float>(score), id++});
  return made;
}

double score_of(const SubwordVocabulary& vocabulary, const std::string& text) {
  for (const ScoredPiece& piece : vocabulary.pieces)
    if (piece.text == text) return piece.score;
  return -INFINITY;
}

// All segmentations of an ASCII text into pieces of the vocabulary, with the sums of their scores.
Shares segmentations(const SubwordVocabulary& vocabulary, const std::string& text) {
  if (text.empty()) return {{{}, 0.0}};
  Shares all;
  for (std::size_t n = 1; n <= text.size(); ++n) {
    const double score = score_of(vocabulary, text.substr(0, n));
    if (score == -INFINITY) continue;
    for (const auto& [rest, sum] : segmentations(vocabulary, text.substr(n))) {
      std::vector<std::string> pieces{text.substr(0, n)};
      pieces.insert(pieces.end(), rest.begin(), rest.end());
      all[pieces] = sum + score;
    }
  }
  return all;
}

// What algorithm 1 of BPE-dropout ends in, with which probability: of the possible merges, from the best on,
// each is passed over with probability p; where all are, it ends.
void dropout_ends(const SubwordVocabulary& vocabulary, const std::vector<std::string>& parts,
                  const std::function<void(const std::vector<std::string>&, double)>& tell, double p,
                  double share = 1) {
  std::vector<std::pair<double, std::size_t>> merges;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const double score = score_of(vocabulary, parts[i] + parts[i + 1]);
    if (score != -INFINITY) merges.emplace_back(-score, i);
  }
  std::sort(merges.begin(), merges.end());
  for (const auto& [score, at] : merges) {
    std::vector<std::string> merged = parts;
    merged[at] += merged[at + 1];
    merged.erase(merged.begin() + static_cast<std::ptrdiff_t>(at + 1));
    dropout_ends(vocabulary, merged, tell, p, share * (1 - p));
    share *= p;
  }
  tell(parts, share);
}

// The share of each segmentation among samples of the ids' text.
Shares sampled(const SubwordVocabulary& vocabulary, const SubwordSampling& how, const Ids& ids) {
  constexpr int count = 20000;
  const SubwordSampler sampler(vocabulary, how);
  Shares shares;
  for (int i = 0; i < count; ++i) {
    std::vector<std::string> pieces;
    for (const std::int32_t id : sampler.sample(ids, RandomKey{99}.fold(static_cast<std::uint64_t>(i))))
      pieces.push_back(vocabulary.pieces[static_cast<std::size_t>(id - 3)].text);
    shares[pieces] += 1.0 / count;
  }
  return shares;
}

// That shares found in 20,000 samples are the expected ones: within 4.5 standard deviations.
void expect_shares(const Shares& found, const Shares& expected) {
  for (const auto& [pieces, share] : found) EXPECT_TRUE(expected.contains(pieces)) << share;
  for (const auto& [pieces, share] : expected) {
    const auto at = found.find(pieces);
    const double seen = at == found.end() ? 0 : at->second;
    EXPECT_NEAR(seen, share, 4.5 * std::sqrt(share * (1 - share) / 20000) + 1e-4) << pieces.size();
  }
}

const SubwordVocabulary& toy_merges() {
  static const SubwordVocabulary made = vocabulary_of(
      SubwordType::bpe,
      {{"a", -9}, {"b", -9}, {"c", -9}, {"ab", 0}, {"bc", -1}, {"abc", -2}, {"ca", -3}, {"cab", -4}});
  return made;
}

TEST(SubwordSampler, PassesMergesOverAsPublished) {
  for (const double p : {0.1, 0.5, 0.9}) {
    Shares expected;
    dropout_ends(
        toy_merges(), {"a", "b", "c", "a", "b"},
        [&](const std::vector<std::string>& parts, double share) { expected[parts] += share; }, p);
    EXPECT_GT(expected.size(), 5U);
    expect_shares(sampled(toy_merges(), {.dropout = p}, {8, 6}), expected);  // "abc" "ab"
  }
}

TEST(SubwordSampler, MergesAllOrNothingAtTheEnds) {
  const SubwordSampler none(toy_merges(), {.dropout = 1}), all(toy_merges(), {});
  EXPECT_EQ(none.sample(Ids{8, 6, 0}, {1}), (Ids{3, 4, 5, 3, 4, 0}));
  EXPECT_EQ(all.sample(Ids{3, 4, 5, 3, 4, 0}, {1}), (Ids{8, 6, 0}));
}

const SubwordVocabulary& toy_unigrams() {
  static const SubwordVocabulary made = vocabulary_of(SubwordType::unigram, {{"a", -3.01},
                                                                             {"b", -2.57},
                                                                             {"c", -4.13},
                                                                             {"ab", -3.71},
                                                                             {"bc", -4.39},
                                                                             {"abc", -6.23},
                                                                             {"ca", -5.33}});
  return made;
}

TEST(SubwordSampler, DrawsSegmentationsByThePowerOfTheirProbability) {
  const Shares sums = segmentations(toy_unigrams(), "abcab");
  ASSERT_GT(sums.size(), 8U);
  for (const double alpha : {0.1, 0.5, 1.0}) {
    for (const std::int64_t best : {0, 1, 3}) {
      std::vector<double> scores;
      for (const auto& [pieces, sum] : sums) scores.push_back(sum);
      std::sort(scores.rbegin(), scores.rend());
      const double least = best == 0 ? -INFINITY : scores[static_cast<std::size_t>(best - 1)] - 1e-5;
      Shares expected;
      double all = 0;
      for (const auto& [pieces, sum] : sums)
        if (sum >= least) all += expected[pieces] = std::exp(alpha * sum);
      ASSERT_TRUE(best == 0 || expected.size() == static_cast<std::size_t>(best)) << "the toy has ties";
      for (auto& [pieces, share] : expected) share /= all;
      expect_shares(sampled(toy_unigrams(), {.alpha = alpha, .best = best}, {8, 6}), expected);
    }
  }
}

TEST(SubwordSampler, LeavesWhatIsNoTextInItsPlace) {
  const SubwordSampler sampler(toy_merges(), {.dropout = 0.5});
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Ids sample = sampler.sample(Ids{1, 8, 2, 77, 6, 0}, {i});
    Ids fixed;
    for (const std::int32_t id : sample)
      if (id < 3 || id > 60) fixed.push_back(id);
    EXPECT_EQ(fixed, (Ids{1, 2, 77, 0}));
    EXPECT_EQ(sample, sampler.sample(Ids{1, 8, 2, 77, 6, 0}, {i}));
  }
  EXPECT_NE(sampler.sample(Ids{8, 6, 8, 6}, {1}), sampler.sample(Ids{8, 6, 8, 6}, {2}));
  EXPECT_TRUE(sampler.sample(Ids{}, {1}).empty());
}

TEST(SubwordSampler, KeepsATextItCannotSplit) {
  const SubwordVocabulary odd = vocabulary_of(SubwordType::bpe, {{"a", 0}, {"xy", 0}});
  EXPECT_EQ(SubwordSampler(odd, {.dropout = 0.5}).sample(Ids{3, 4, 0}, {1}), (Ids{3, 4, 0}));
  const SubwordVocabulary other = vocabulary_of(SubwordType::unigram, {{"a", 0}});
  EXPECT_EQ(SubwordSampler(other, {.alpha = 0.5}).sample(Ids{3, 9, 3}, {1}), (Ids{3, 9, 3}));
}

TEST(SubwordSampler, RefusesWhatDoesNotSuit) {
  const auto refused = [](const SubwordVocabulary& vocabulary, const SubwordSampling& how) -> std::string {
    try {
      SubwordSampler(vocabulary, how);
    } catch (const UsageError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(refused(toy_unigrams(), {.dropout = 0.1}).find("subword_dropout: found 0.1"), std::string::npos);
  EXPECT_NE(refused(toy_merges(), {.alpha = 0.2}).find("subword_sampling_alpha: found 0.2"),
            std::string::npos);
  EXPECT_NE(refused(toy_merges(), {.dropout = 1.5}), "");
  EXPECT_NE(refused(toy_merges(), {.dropout = NAN}), "");
  EXPECT_NE(refused(toy_unigrams(), {.alpha = -1}), "");
  EXPECT_NE(refused(toy_unigrams(), {.best = 5}), "");
  EXPECT_EQ(refused(toy_unigrams(), {.alpha = 0.2, .best = 64}), "");
  const std::string words = "\x0a\x03\x0a\x01\x61\x12\x02\x18\x03";  // one piece "a", model_type WORD
  EXPECT_THROW(read_subword_vocabulary(words, "words.spm"), UsageError);
}

// Lines of invented words in three scripts, some of them long, and of real text where there is some.
std::vector<std::string> lines_of_text() {
  const std::vector<std::string> parts{"ba", "lo", "ki", "str", "en",   "ung", "ä", "é",
                                       "ш",  "ти", "中", "国",  "人们", "'",   "-", "9"};
  RandomStream random({31});
  std::vector<std::string> lines;
  for (int i = 0; i < 3000; ++i) {
    std::string line;
    for (std::uint64_t words = random.below(12); words-- > 0;) {
      for (std::uint64_t n = 1 + random.below(i % 50 == 0 ? 40 : 5); n-- > 0;)
        line += parts[std::min(random.below(parts.size()), random.below(parts.size()))];
      line += random.below(9) == 0 ? "  " : " ";
    }
    lines.push_back(line);
  }
  if (const char* data = std::getenv("REGARD_DATA")) {  // NOLINT
    for (const char* name : {"multi30k/val.en.gz", "multi30k/val.de.gz", "tatoeba_cmn_eng/cmn.txt"}) {
      if (!present(fs::path(data) / name)) continue;
      LineReader reader(fs::path(data) / name);
      while (const auto line = reader.next()) {
        if (reader.number() > 2000) break;
        lines.emplace_back(*line);
        std::replace(lines.back().begin(), lines.back().end(), '\t', ' ');
      }
    }
  }
  return lines;
}

class SampledText : public testing::TestWithParam<SubwordType> {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "regard-sampling-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    lines_ = lines_of_text();
    const auto from = [this](std::size_t& next) -> LineSource {
      return [this, &next]() -> std::optional<std::string_view> {
        if (next == lines_.size()) return std::nullopt;
        return lines_[next++];
      };
    };
    std::size_t source = 0, target = lines_.size();
    train_marian_tokenizer({from(source), from(target)}, folder_,
                           {.type = GetParam(), .vocab_size = lines_.size() > 3000 ? 8000 : 500});
    tokenizer_.emplace(MarianTokenizer::load(folder_));
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
  std::vector<std::string> lines_;
  std::optional<MarianTokenizer> tokenizer_;
};

TEST_P(SampledText, ReadsTheSame) {
  const SubwordVocabulary vocabulary = tokenizer_->subwords(TextSide::source);
  const bool bpe = GetParam() == SubwordType::bpe;
  ASSERT_EQ(vocabulary.type, GetParam());
  const SubwordSampling how = bpe ? SubwordSampling{.dropout = 0.3} : SubwordSampling{.alpha = 0.3};
  const SubwordSampler sampler(vocabulary, how), few(vocabulary, {how.dropout, how.alpha, bpe ? 0 : 8});
  std::size_t changed = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Ids plain = tokenizer_->encode_ids(lines_[i], TextSide::source);
    const std::string text = tokenizer_->decode(plain);
    for (const SubwordSampler* one : {&sampler, &few}) {
      const Ids sample = one->sample(plain, RandomKey{5}.fold(i));
      changed += sample != plain ? 1 : 0;
      EXPECT_EQ(tokenizer_->decode(sample), text);
      EXPECT_EQ(sample.back(), plain.back());
    }
  }
  EXPECT_GT(changed, lines_.size() / 2);
}

// Without chance it is what the library says: BPE piece by piece, of unigrams one of equal score.
TEST_P(SampledText, IsTheUsualOneWithoutChance) {
  const SubwordVocabulary vocabulary = tokenizer_->subwords(TextSide::source);
  std::map<std::int32_t, double> scores;
  for (const ScoredPiece& piece : vocabulary.pieces) scores[piece.id] = piece.score;
  const auto sum = [&](const Ids& ids) {
    double all = 0;
    for (const std::int32_t id : ids) all += scores.contains(id) ? scores[id] : 0;
    return all;
  };
  const bool bpe = GetParam() == SubwordType::bpe;
  const SubwordSampler sampler(vocabulary, bpe ? SubwordSampling{} : SubwordSampling{.alpha = 1e5});
  const SubwordSampler best(vocabulary, bpe ? SubwordSampling{} : SubwordSampling{.alpha = 1, .best = 1});
  std::size_t same = 0;
  for (const std::string& line : lines_) {
    const Ids plain = tokenizer_->encode_ids(line, TextSide::source);
    for (const SubwordSampler* one : {&sampler, &best}) {
      const Ids sample = one->sample(plain, {1});
      same += sample == plain ? 1 : 0;
      if (bpe) {
        EXPECT_EQ(sample, plain) << line;
      } else {
        EXPECT_NEAR(sum(sample), sum(plain), 1e-3) << line;
      }
    }
  }
  EXPECT_GE(same, 2 * lines_.size() * 99 / 100);
}

INSTANTIATE_TEST_SUITE_P(Types, SampledText, testing::Values(SubwordType::bpe, SubwordType::unigram));

}  // namespace
}  // namespace regard
