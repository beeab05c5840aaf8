#include "regard/tasks/similarity_goal.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "regard/autograd/ops/elementwise.h"
#include "regard/autograd/ops/linear.h"
#include "regard/base/error.h"
#include "regard/nn/attention/score.h"
#include "regard/tasks/class_weights.h"
#include "regard/tasks/hold_out.h"
#include "regard/tasks/similarity_scores.h"
#include "regard/tasks/state_pooling.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using Key = train::SettingKey<SimilaritySettings>;

constexpr const char *ranking = "multiple_negatives_ranking", *cosine_loss = "cosine_similarity",
                     *triplet = "triplet";

const std::vector<Key>& keys() {
  using S = SimilaritySettings;
  static const std::vector<Key> list{
      {{"loss", 0, 0, {ranking, cosine_loss, triplet}}, &S::loss},
      {{"similarity_scale", 1e-3, 1e4}, &S::similarity_scale},
      {{"triplet_margin", 0, 2}, &S::triplet_margin},
      {{"score_max", 0, 1e9}, &S::score_max},
      {{"pooling", 0, 0, trained_poolings()}, &S::pooling},
      {{"validation_split", 0, 0.9}, &S::validation_split},
  };
  return list;
}

std::uint32_t checksum_of(const std::vector<ComparedTexts>& pairs) {
  data::SideLengths sum;  // of the scores
  for (const ComparedTexts& p : pairs) {
    const std::string all = fmt::format("{}", p.score.value_or(0));
    sum.add(std::vector<std::int32_t>(all.begin(), all.end()));
  }
  return sum.checksum();
}

Tensor numbers(const std::vector<std::int32_t>& rows) {
  return Tensor::from<std::int32_t>({static_cast<std::int64_t>(rows.size())}, rows);
}

// Of examples of `parts` texts each, one after another, the text `part` of each: [B,C].
Var part_of(const Var& vectors, std::size_t part, std::size_t parts) {
  std::vector<std::int32_t> rows;
  for (std::size_t row = part; row < static_cast<std::size_t>(vectors.size(0)); row += parts)
    rows.push_back(static_cast<std::int32_t>(row));
  return gather_rows(vectors, numbers(rows));
}

// The cosines of vectors of length one side by side: [B,C] and [B,C] -> [B,1].
Var cosines_of(const Var& a, const Var& b) {
  const Tensor ones = Tensor::full({1, a.size(1)}, a.dtype(), 1);
  return linear(multiply(a, b), {a.step().constant(ones), Var()});
}

// Collects the validation set's vectors.
class Judge final : public EncoderJudge {
 public:
  explicit Judge(const SimilarityGoal& goal) : goal_(goal) {}

  void see(const EncoderBatch& batch, const Tensor& vectors) override {
    const std::size_t parts = goal_.texts_of_example();
    width_ = static_cast<std::size_t>(vectors.size(1));
    const auto all = vectors.host<float>();
    for (std::size_t b = 0; b < batch.rows.size(); ++b)
      for (std::size_t p = 0; p < parts; ++p) {
        const auto row = all.subspan((b * parts + p) * width_, width_);
        found_[batch.rows[b] * parts + p] = {row.begin(), row.end()};
      }
  }

  Json scores() const override {
    const std::vector<double>& expected = goal_.scores(EncoderGoal::Set::valid);
    const std::size_t parts = goal_.texts_of_example();
    if (!expected.empty()) {
      ScoredCosines all{{}, expected};
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::vector<float>&a = found_.at(i * parts), &b = found_.at(i * parts + 1);
        double cosine = 0;
        for (std::size_t c = 0; c < width_; ++c)
          cosine += static_cast<double>(a[c]) * static_cast<double>(b[c]);
        all.cosines.push_back(cosine);
      }
      return similarity_scores(all);
    }
    Retrieval all{width_, {}, {}, {}};
    for (const auto& [number, vector] : found_) {
      if (number % parts == 1) all.own.push_back(all.candidates.size() / width_);
      std::vector<float>& to = number % parts == 0 ? all.queries : all.candidates;
      to.insert(to.end(), vector.begin(), vector.end());
    }
    return retrieval_scores(ranks_of(all, goal_.step()));
  }

 private:
  const SimilarityGoal& goal_;
  std::size_t width_ = 0;
  std::map<std::size_t, std::vector<float>> found_;  // by number of the text
};

}  // namespace

SimilarityGoal::SimilarityGoal(Data data) : data_(std::move(data)) {
  form_.normalize = true;  // cosines are what is trained
  if (!data_.init.empty()) form_ = embedding_form(data_.init);
  scored_ = has_scores(data_.train.front(), data_.format);
}

bool SimilarityGoal::set(const std::string& key, const Json& value) {
  if (!train::set_by_name<SimilaritySettings>(settings_, keys(), key, value)) return false;
  if (key == "loss") scored_ = settings_.loss == cosine_loss;
  return true;
}
std::vector<std::string> SimilarityGoal::setting_names() const {
  return train::names_of<SimilaritySettings>(keys());
}
Json SimilarityGoal::settings() const { return train::json_by_name<SimilaritySettings>(settings_, keys()); }

void SimilarityGoal::read(const train::Surroundings& around) {
  BadExamples bad(data_.format.skip_bad);
  train_ = read_compared_texts(data_.train, data_.format, bad, around.stop);
  if (!data_.valid.empty()) valid_ = read_compared_texts(data_.valid, data_.format, bad, around.stop);
  bad.tell(around.log);
  decide_loss();
  if (data_.valid.empty()) hold_out(around);
}

void SimilarityGoal::decide_loss() {
  const ComparedTexts& first = train_.front();
  if (settings_.loss.empty()) settings_.loss = first.score ? cosine_loss : ranking;
  const auto require = [&](bool there, const char* what) {
    if (!there)
      throw InputError(
          fmt::format("{}: found no {}, which loss={} needs", first.place, what, settings_.loss));
  };
  scored_ = settings_.loss == cosine_loss;
  if (scored_) require(first.score.has_value(), "score");
  if (settings_.loss == triplet) require(first.negative.has_value(), "negative");
  for (const std::vector<ComparedTexts>* set : {&train_, &valid_}) {
    if (set->empty()) continue;
    const ComparedTexts& other = set->front();
    if (scored_ && !other.score)
      throw InputError(fmt::format("{}: found no score, expected one as in {}", other.place, first.place));
    if (other.negative.has_value() != first.negative.has_value())
      throw InputError(fmt::format("{}: found {} negative, expected {} as in {}", other.place,
                                   other.negative ? "a" : "no", first.negative ? "one" : "none",
                                   first.place));
  }
  parts_ = first.parts().size();
  score_max_ = settings_.score_max;
  if (score_max_ > 0) return;
  score_max_ = 1;
  for (const ComparedTexts& p : train_) score_max_ = std::max(score_max_, p.score.value_or(0));
}

void SimilarityGoal::hold_out(const train::Surroundings& around) {
  const std::vector<std::int32_t> strata(train_.size(), 0);
  const std::vector<char> out = held_out(strata, settings_.validation_split, data_.split);
  std::vector<ComparedTexts> rest;
  for (std::size_t i = 0; i < train_.size(); ++i)
    (out[i] != 0 ? valid_ : rest).push_back(std::move(train_[i]));
  train_ = std::move(rest);
  if (!valid_.empty())
    around.log.info(fmt::format("no --valid: {} of {} pairs are held out to validate with", valid_.size(),
                                valid_.size() + train_.size()));
}

TextSource SimilarityGoal::texts() const {
  return [this, i = std::size_t{0}, part = std::size_t{0}]() mutable -> std::optional<std::string_view> {
    if (i == train_.size()) return std::nullopt;
    const std::string_view text = train_[i].parts()[part];
    if (++part == train_[i].parts().size()) {
      part = 0;
      ++i;
    }
    return text;
  };
}

std::vector<double> SimilarityGoal::scores_of(const std::vector<ComparedTexts>& pairs) const {
  std::vector<double> scores;
  if (!scored_) return scores;
  for (const ComparedTexts& p : pairs) scores.push_back(*p.score / score_max_);
  return scores;
}

EncoderGoal::Sets SimilarityGoal::encode(const Encoding& how, const train::Surroundings& around) {
  form_.max_tokens = std::min(how.max_tokens, form_.max_tokens.value_or(how.max_tokens));
  if (!settings_.pooling.empty()) form_.pooling = {pooling_named(settings_.pooling)};
  require_trained_pooling(form_, data_.init);
  step_ = around.step;
  train_scores_ = scores_of(train_);
  valid_scores_ = scores_of(valid_);
  const auto encoded = [&](const std::vector<ComparedTexts>& pairs, const char* what) {
    const auto text = [&](std::size_t i) {
      return TextPair{pairs[i / parts_].parts()[i % parts_], std::nullopt};
    };
    const EncodedTexts found =
        encode_texts({pairs.size() * parts_, text, *form_.max_tokens}, how.tokenizer, around);
    tell_cut(found, *form_.max_tokens, what, around.log);
    if (!pairs.empty()) around.log.info(fmt::format("{}: {} pairs", what, pairs.size()));
    std::vector<EncoderExample> examples;
    for (std::size_t i = 0; i < pairs.size(); ++i)
      examples.push_back(side_by_side(std::span(found.examples).subspan(i * parts_, parts_)));
    return examples;
  };
  return {encoded(train_, "training"), encoded(valid_, "validation")};
}

Json SimilarityGoal::data() const {
  return {{"loss", settings_.loss},
          {"checksum", fmt::format("{:08x}-{:08x}", checksum_of(train_), checksum_of(valid_))}};
}

Json SimilarityGoal::files() const {
  const auto names = [](const std::vector<std::filesystem::path>& files) {
    Json list = Json::array();
    for (const auto& file : files) list.push_back(file.string());
    return list;
  };
  return {{"train", names(data_.train)}, {"valid", names(data_.valid)}};
}

models::TextEncoder::Projected SimilarityGoal::project(const models::TextEncoder& /*model*/,
                                                       const Var& hidden, const Layout& layout) const {
  Var vectors = pooled_states(hidden, layout, form_.pooling.front());
  for (const DenseModule& module : form_.dense) vectors = apply(module, vectors);
  const std::int64_t S = vectors.size(0), C = vectors.size(1);
  return {reshape(unit_rows(reshape(vectors, {S, 1, C}), Var()), {S, C}), {}};
}

// [B,M]: the cosines of the first texts and all others, times the scale. A text that is, word for word, the
// one that is sought is no wrong answer: it does not count.
Var SimilarityGoal::ranking_logits(const Var& vectors, const EncoderBatch& batch) const {
  const std::size_t B = batch.rows.size(), M = B * (parts_ - 1);
  std::vector<std::int32_t> rows;  // of the candidates: the second texts, then the negatives
  for (std::size_t part = 1; part < parts_; ++part)
    for (std::size_t b = 0; b < B; ++b) rows.push_back(static_cast<std::int32_t>(b * parts_ + part));
  const Var candidates = gather_rows(vectors, numbers(rows));
  const Var first = part_of(vectors, 0, parts_);
  Var logits = scale(linear(first, {candidates, Var()}), settings_.similarity_scale);
  const auto ids = batch.tokens.ids.host<std::int32_t>();
  const auto ids_of = [&](std::size_t m) {
    const Sequence& s = batch.tokens.layout.sequences()[static_cast<std::size_t>(rows[m])];
    const auto part = ids.subspan(static_cast<std::size_t>(s.begin), static_cast<std::size_t>(s.length));
    return std::vector<std::int32_t>(part.begin(), part.end());
  };
  std::map<std::vector<std::int32_t>, std::vector<std::size_t>> places;
  for (std::size_t m = 0; m < M; ++m) places[ids_of(m)].push_back(m);
  if (places.size() == M) return logits;
  constexpr double far_below = -1e5;
  std::vector<double> mask(B * M, 0);
  for (std::size_t b = 0; b < B; ++b)
    for (const std::size_t m : places[ids_of(b)])
      if (m != b) mask[b * M + m] = far_below;
  return add(logits, logits.step().constant(Tensor::from<double>(logits.shape(), mask)));
}

train::BatchLoss SimilarityGoal::loss(const models::TextEncoder::Projected& vectors,
                                      const EncoderBatch& batch, const LossOptions& options) const {
  const Var& all = vectors.features;
  Step& step = all.step();
  const auto B = static_cast<std::int64_t>(batch.rows.size());
  if (settings_.loss == ranking) {
    std::vector<std::int32_t> own;
    for (std::int64_t b = 0; b < B; ++b) own.push_back(static_cast<std::int32_t>(b));
    return class_loss(ranking_logits(all, batch), own, {{}, options.smoothing});
  }
  train::BatchLoss loss;
  loss.tokens = B;
  const Var first = part_of(all, 0, parts_), near = cosines_of(first, part_of(all, 1, parts_));
  std::vector<double> offsets(batch.rows.size(), settings_.triplet_margin);
  if (settings_.loss == cosine_loss)
    for (std::size_t b = 0; b < offsets.size(); ++b) offsets[b] = -scores(options.set)[batch.rows[b]];
  const Var offset = step.constant(Tensor::from<double>({B, 1}, offsets));
  if (settings_.loss == cosine_loss) {
    const Var apart = add(near, offset);
    loss.sum = sum(multiply(apart, apart));
  } else {
    const Var far = cosines_of(first, part_of(all, 2, parts_));
    loss.sum = sum(activate(add(add(far, scale(near, -1)), offset), kernels::Activation::relu));
  }
  loss.plain_sum = loss.sum.value().item();
  return loss;
}

std::unique_ptr<EncoderJudge> SimilarityGoal::judge() const { return std::make_unique<Judge>(*this); }

}  // namespace regard::tasks
