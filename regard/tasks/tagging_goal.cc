#include "regard/tasks/tagging_goal.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "regard/autograd/ops/vocabulary_loss.h"
#include "regard/base/error.h"
#include "regard/tasks/class_weights.h"
#include "regard/tasks/classification_examples.h"
#include "regard/tasks/hold_out.h"
#include "regard/tasks/word_tokens.h"
#include "regard/train/setting_key.h"

namespace regard::tasks {
namespace {

using data::TaggedSentence;
using Key = train::SettingKey<TaggingSettings>;

const std::vector<Key>& keys() {
  using S = TaggingSettings;
  static const std::vector<Key> list{
      {{"label_all_tokens"}, &S::label_all_tokens},
      {{"validation_split", 0, 0.9}, &S::validation_split},
  };
  return list;
}

std::uint32_t checksum_of(const std::vector<TaggedSentence>& sentences) {
  data::SideLengths sum;  // of the tags' bytes
  for (const TaggedSentence& s : sentences) {
    std::string all;
    for (const std::string& tag : s.tags) all += tag + "\n";
    sum.add(std::vector<std::int32_t>(all.begin(), all.end()));
  }
  return sum.checksum();
}

// Collects what the model says of each word of the validation set.
class Judge final : public EncoderJudge {
 public:
  explicit Judge(const TaggingGoal& goal) : goal_(goal) {
    for (const TaggedSentence& s : goal.valid_sentences())
      found_.emplace_back(s.words.size(), "O");  // of words without tokens
  }

  void see(const EncoderBatch& batch, const Tensor& logits) override {
    const std::int64_t L = logits.size(1);
    const auto all = logits.host<float>();
    for (std::size_t b = 0; b < batch.rows.size(); ++b) {
      const TaggingGoal::Part& part = goal_.valid_parts()[batch.rows[b]];
      const std::int64_t begin = batch.tokens.layout.sequences()[b].begin;
      for (const TaggingGoal::PlacedWord& word : part.words) {
        const auto row =
            all.subspan(static_cast<std::size_t>((begin + static_cast<std::int64_t>(word.token)) * L),
                        static_cast<std::size_t>(L));
        const auto best = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
        found_[part.sentence][word.word] = goal_.labels()[best];
      }
    }
  }

  Json scores() const override {
    EntityCounts counts(goal_.labels());
    for (std::size_t i = 0; i < found_.size(); ++i) counts.add(found_[i], goal_.valid_sentences()[i].tags);
    return counts.scores();
  }

 private:
  const TaggingGoal& goal_;
  std::vector<std::vector<std::string>> found_;
};

}  // namespace

bool TaggingGoal::set(const std::string& key, const Json& value) {
  if (key != "class_weights") return train::set_by_name<TaggingSettings>(settings_, keys(), key, value);
  check_class_weights(value);
  settings_.class_weights = value;
  return true;
}

std::vector<std::string> TaggingGoal::setting_names() const {
  std::vector<std::string> names = train::names_of<TaggingSettings>(keys());
  names.emplace_back("class_weights");
  return names;
}

Json TaggingGoal::settings() const {
  Json json = train::json_by_name<TaggingSettings>(settings_, keys());
  json["class_weights"] = settings_.class_weights;
  return json;
}

void TaggingGoal::read(const train::Surroundings& around) {
  BadExamples bad(data_.format.skip_bad);
  const auto read_all = [&](const std::vector<std::filesystem::path>& files) {
    data::BadLines lines;
    auto sentences = data::read_conll(files, data_.format, around.stop, &lines);
    bad.add(lines);
    if (sentences.empty())
      throw InputError(
          fmt::format("{}: found no sentences, expected words with their tags", files.front().string()));
    return sentences;
  };
  train_ = read_all(data_.train);
  if (!data_.valid.empty()) valid_ = read_all(data_.valid);
  bad.tell(around.log);
  if (data_.valid.empty()) hold_out(around);
  std::set<std::string> labels;
  for (const TaggedSentence& s : train_) labels.insert(s.tags.begin(), s.tags.end());
  labels_.assign(labels.begin(), labels.end());
  if (labels_.size() < 2)
    throw InputError(fmt::format("{}: found one tag, \"{}\", expected two or more to tell apart",
                                 data_.train.front().string(), labels_.front()));
}

// Stratified by the first entity's label.
void TaggingGoal::hold_out(const train::Surroundings& around) {
  std::set<std::string> all;
  for (const TaggedSentence& s : train_) all.insert(s.tags.begin(), s.tags.end());
  std::vector<std::int32_t> strata;
  for (const TaggedSentence& s : train_) {
    const auto first =
        std::find_if(s.tags.begin(), s.tags.end(), [](const std::string& tag) { return tag != "O"; });
    strata.push_back(
        first == s.tags.end() ? -1 : static_cast<std::int32_t>(std::distance(all.begin(), all.find(*first))));
  }
  const std::vector<char> out = held_out(strata, settings_.validation_split, data_.split);
  std::vector<TaggedSentence> rest;
  for (std::size_t i = 0; i < train_.size(); ++i)
    (out[i] != 0 ? valid_ : rest).push_back(std::move(train_[i]));
  train_ = std::move(rest);
  if (!valid_.empty())
    around.log.info(fmt::format("no --valid: {} of {} sentences are held out to validate with", valid_.size(),
                                valid_.size() + train_.size()));
}

TextSource TaggingGoal::texts() const {
  return [this, i = std::size_t{0}, text = std::string()]() mutable -> std::optional<std::string_view> {
    if (i == train_.size()) return std::nullopt;
    text = join_words(train_[i++].words).text;
    return text;
  };
}

// A label that the model lacks (of the validation set) is not judged by the loss; the scores count it as
// missed.
void TaggingGoal::add_targets(Part& part, const TaggedSentence& sentence) const {
  const auto number = [&](const std::string& tag) {
    const auto found = std::find(labels_.begin(), labels_.end(), tag);
    return found == labels_.end() ? -1 : static_cast<std::int32_t>(found - labels_.begin());
  };
  for (const PlacedWord& word : part.words) part.targets[word.token] = number(sentence.tags[word.word]);
  if (!settings_.label_all_tokens) return;
  for (std::size_t i = 0; i < part.words.size(); ++i) {
    std::string inside = sentence.tags[part.words[i].word];
    if (inside.starts_with("B-") && number("I" + inside.substr(1)) >= 0) inside.front() = 'I';
    const std::size_t end = i + 1 < part.words.size() ? part.words[i + 1].token : part.targets.size() - 1;
    for (std::size_t t = part.words[i].token + 1; t < end; ++t)
      if (part.targets[t] == -2) part.targets[t] = number(inside);
  }
}

std::vector<EncoderExample> TaggingGoal::encode(const std::vector<TaggedSentence>& sentences,
                                                const Encoding& how, std::vector<Part>& parts) const {
  std::vector<EncoderExample> examples;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const JoinedWords joined = join_words(sentences[i].words);
    const Truncation limits{.max_length = static_cast<std::size_t>(how.max_tokens)};
    std::vector<char> placed(joined.words.size(), 0);  // a word that a cut divides belongs to where it begins
    for (const std::vector<Token>& tokens : token_windows(how.tokenizer, joined.text, limits)) {
      Part part{i, {}, {}};
      for (const Token& token : tokens) part.targets.push_back(token.special ? -1 : -2);
      const auto words = tokens_of_words(tokens, joined.words);
      for (std::size_t w = 0; w < words.size(); ++w) {
        if (words[w].begin == words[w].end || placed[w] != 0) continue;
        const bool shared = !part.words.empty() && part.words.back().token == words[w].begin;
        placed[w] = 1;
        if (!shared) part.words.push_back({w, words[w].begin});
      }
      add_targets(part, sentences[i]);
      for (std::int32_t& target : part.targets) target = std::max(target, -1);
      if (part.words.empty()) continue;  // nothing to learn from
      examples.push_back(encoder_example(tokens));
      parts.push_back(std::move(part));
    }
  }
  return examples;
}

EncoderGoal::Sets TaggingGoal::encode(const Encoding& how, const train::Surroundings& around) {
  labels_ = how.labels;
  Sets sets{encode(train_, how, train_parts_), encode(valid_, how, valid_parts_)};
  weights_ = tag_weights();
  around.log.info(fmt::format("training: {} sentences, {} labels", train_.size(), labels_.size()));
  if (!valid_.empty()) around.log.info(fmt::format("validation: {} sentences", valid_.size()));
  return sets;
}

std::vector<double> TaggingGoal::tag_weights() const {
  std::vector<double> counts(labels_.size(), 0);
  for (const Part& part : train_parts_)
    for (const std::int32_t target : part.targets)
      if (target >= 0) ++counts[static_cast<std::size_t>(target)];
  return class_weights(settings_.class_weights, {labels_, counts});
}

Json TaggingGoal::data() const {
  return {{"labels", labels_},
          {"checksum", fmt::format("{:08x}-{:08x}", checksum_of(train_), checksum_of(valid_))}};
}

Json TaggingGoal::files() const {
  const auto names = [](const std::vector<std::filesystem::path>& files) {
    Json list = Json::array();
    for (const auto& file : files) list.push_back(file.string());
    return list;
  };
  return {{"train", names(data_.train)}, {"valid", names(data_.valid)}};
}

train::BatchLoss TaggingGoal::loss(const models::TextEncoder::Projected& head, const EncoderBatch& batch,
                                   const LossOptions& options) const {
  const std::vector<Part>& parts = options.set == Set::train ? train_parts_ : valid_parts_;
  std::vector<std::int32_t> targets;
  for (const std::uint32_t row : batch.rows)
    targets.insert(targets.end(), parts[row].targets.begin(), parts[row].targets.end());
  if (!weights_.empty() && options.set == Set::train)
    return class_loss(linear(head.features, head.projection), targets, {weights_, options.smoothing});
  const Tensor wanted = Tensor::from<std::int32_t>({static_cast<std::int64_t>(targets.size())}, targets);
  const VocabularyLoss loss =
      vocabulary_loss(head.features, head.projection, wanted, {.smoothing = options.smoothing});
  return {loss.sum, loss.plain_sum, loss.tokens};
}

std::unique_ptr<EncoderJudge> TaggingGoal::judge() const { return std::make_unique<Judge>(*this); }

EntityCounts::EntityCounts(const std::vector<std::string>& labels)
    : labels_(labels), read_as_(lenient_tags(labels)) {
  if (!have_prefixes(labels)) scheme_ = TagScheme::plain;
}

void EntityCounts::read(std::vector<std::string>& tags) const {
  for (std::string& tag : tags)
    if (const auto at = std::find(labels_.begin(), labels_.end(), tag); at != labels_.end())
      tag = read_as_[static_cast<std::size_t>(at - labels_.begin())];
}

void EntityCounts::add(std::vector<std::string> found, std::vector<std::string> right) {
  for (std::size_t i = 0; i < right.size(); ++i) words_right_ += found[i] == right[i] ? 1 : 0;
  words_ += static_cast<std::int64_t>(right.size());
  read(found);
  read(right);
  const auto found_spans = spans_of(found, scheme_), right_spans = spans_of(right, scheme_);
  found_ += static_cast<std::int64_t>(found_spans.size());
  right_ += static_cast<std::int64_t>(right_spans.size());
  for (const TaggedSpan& span : found_spans)
    both_ += std::find(right_spans.begin(), right_spans.end(), span) != right_spans.end() ? 1 : 0;
}

Json EntityCounts::scores() const {
  const auto percent = [](std::int64_t part, std::int64_t all) {
    return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  };
  return {{"f1", percent(2 * both_, found_ + right_)},
          {"precision", percent(both_, found_)},
          {"recall", percent(both_, right_)},
          {"accuracy", percent(words_right_, words_)}};
}

}  // namespace regard::tasks
