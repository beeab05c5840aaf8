#pragma once

#include "regard/tasks/embed.h"
#include "regard/tasks/similarity_examples.h"
#include "regard/tasks/text_encoder_goal.h"

namespace regard::tasks {

// What training sentence embeddings knows of its own.
struct SimilaritySettings {
  // multiple_negatives_ranking: among all second texts (and negatives) of the batch the own one is found, by
  // cross-entropy of the cosines times similarity_scale (Henderson et al. 2017); cosine_similarity: the
  // squared difference of cosine and score; triplet: the own text is nearer than the negative by
  // triplet_margin, as cosines. Empty: by what the data have.
  std::string loss;
  double similarity_scale = 20;
  double triplet_margin = 0.2;
  double score_max = 0;           // the score of equal texts; 0: 1, or the largest where one is above
  std::string pooling;            // as sentence-transformers calls them; empty: the first model's, else mean
  double validation_split = 0.1;  // of the training data, held out where there is nothing to validate with
};

// Vectors of texts that lie near each other where the texts belong together (Reimers and Gurevych 2019). The
// model has no head: its states are pooled. Validation: the correlation of cosines and scores, or how early
// the own text is found among those of all pairs.
class SimilarityGoal final : public EncoderGoal {
 public:
  struct Data {
    std::vector<std::filesystem::path> train, valid;
    data::RecordFormat format;
    RandomKey split;             // by which pairs are held out
    std::filesystem::path init;  // whose pooling is kept; or empty
  };
  explicit SimilarityGoal(Data data);

  std::string_view name() const override { return "feature-extraction"; }
  std::string metric() const override { return scored_ ? "spearman" : "mrr@10"; }
  bool set(const std::string& key, const Json& value) override;
  std::vector<std::string> setting_names() const override;
  Json settings() const override;

  void read(const train::Surroundings& around) override;
  TextSource texts() const override;
  models::NewHead head() const override { return {models::HeadKind::none}; }
  Sets encode(const Encoding& how, const train::Surroundings& around) override;
  Json data() const override;
  Json files() const override;

  // The vectors [texts,C] of a batch, of length one; there is no projection.
  models::TextEncoder::Projected project(const models::TextEncoder& model, const Var& hidden,
                                         const Layout& layout) const override;
  train::BatchLoss loss(const models::TextEncoder::Projected& vectors, const EncoderBatch& batch,
                        const LossOptions& options) const override;
  std::unique_ptr<EncoderJudge> judge() const override;
  void publish(const std::filesystem::path& directory) const override {
    write_embedding_form(form_, directory);
  }

  const std::vector<double>& scores(Set set) const {  // of 0 to 1, by example
    return set == Set::train ? train_scores_ : valid_scores_;
  }
  std::size_t texts_of_example() const { return parts_; }
  const StepOptions& step() const { return step_; }

 private:
  void decide_loss();
  void hold_out(const train::Surroundings& around);
  std::vector<double> scores_of(const std::vector<ComparedTexts>& pairs) const;
  Var ranking_logits(const Var& vectors, const EncoderBatch& batch) const;

  Data data_;
  SimilaritySettings settings_;
  EmbeddingForm form_;
  bool scored_ = false;
  std::size_t parts_ = 2;  // texts of an example
  double score_max_ = 1;
  std::vector<ComparedTexts> train_, valid_;
  std::vector<double> train_scores_, valid_scores_;
  StepOptions step_;
};

}  // namespace regard::tasks
