#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "regard/base/error.h"
#include "regard/decode/logits.h"
#include "regard/decode/search.h"
#include "regard/kernels/softmax.h"

// Beam search as transformers has it since 4.50 (generation/utils.py, _beam_search), one sentence at a time:
// there sentences are computed together but do not touch each other. Sums are kept in float as there.

namespace regard::decode {
namespace {

constexpr float hopeless = -1e9F;

struct Running {
  TokenIds ids;
  float score = 0;  // sum of log p, not normalized by length
};

// One way to go on: from which running hypothesis, by which token.
struct Candidate {
  float score = 0;
  std::size_t beam = 0;
  std::int32_t id = 0;
};

bool better(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.beam != b.beam ? a.beam < b.beam : a.id < b.id;
}

// Keeps the `most` best of what it is offered, sorted.
class Best {
 public:
  explicit Best(std::size_t most) : most_(most) { kept_.reserve(most + 1); }
  // What a new one must exceed; offering a smaller one does nothing.
  void offer(const Candidate& c) {
    if (kept_.size() == most_) {
      if (!better(c, kept_.back())) return;
      kept_.pop_back();
    }
    kept_.insert(std::upper_bound(kept_.begin(), kept_.end(), c, better), c);
  }
  float bar() const {
    return kept_.size() < most_ ? -std::numeric_limits<float>::infinity() : kept_.back().score;
  }
  bool full() const { return kept_.size() == most_; }
  const std::vector<Candidate>& sorted() const { return kept_; }

 private:
  std::size_t most_;
  std::vector<Candidate> kept_;
};

struct Finished {
  TokenIds ids;
  float score = 0;
};

// The search for one source. `rows` says in which row of the decoder each running hypothesis is computed.
class Sentence {
 public:
  Sentence(std::size_t source, const GenerationConfig& how, std::int64_t max_length)
      : source_(source), how_(&how), max_length_(max_length) {
    running_.assign(beams(), {{how.decoder_start_token_id}, hopeless});
    running_[0].score = 0;
  }

  std::size_t source() const { return source_; }
  bool open() const { return open_; }
  const std::vector<Running>& running() const { return running_; }
  // After a step: which of the hypotheses before it each running one goes on from.
  const std::vector<std::size_t>& parents() const { return parents_; }

  // log_p [beams before][V], changed in place; in the first step all beams share one row.
  void advance(const std::vector<std::span<float>>& log_p);

  std::vector<Hypothesis> results() const {
    std::vector<Hypothesis> all;
    for (const Finished& f : finished_) all.push_back({f.ids, static_cast<double>(f.score)});
    if (all.empty()) all.push_back({running_[0].ids, static_cast<double>(running_[0].score)});
    return all;
  }

 private:
  std::size_t beams() const { return static_cast<std::size_t>(how_->num_beams); }
  std::int64_t length() const { return static_cast<std::int64_t>(running_[0].ids.size()); }
  bool all_finished() const { return finished_.size() == beams(); }
  float normalizer(std::int64_t generated) const {
    return static_cast<float>(std::pow(static_cast<double>(generated), how_->length_penalty));
  }
  std::vector<Candidate> candidates(const std::vector<std::span<float>>& log_p) const;
  void finish(const Candidate& candidate);
  void close_if_hopeless();

  std::size_t source_;
  const GenerationConfig* how_;
  std::int64_t max_length_;
  std::vector<Running> running_;
  std::vector<std::size_t> parents_;
  std::vector<Finished> finished_;  // best first, at most `beams`
  bool open_ = true;
};

std::vector<Candidate> Sentence::candidates(const std::vector<std::span<float>>& log_p) const {
  Best best(std::max<std::size_t>(2, 1 + how_->eos_token_id.size()) * beams());
  const float* adjusted = nullptr;
  for (std::size_t k = 0; k < beams(); ++k) {
    const std::span<float> row = log_p[k];
    if (row.data() != adjusted) adjust(row, {running_[k].ids, max_length_}, *how_);
    adjusted = row.data();
    const float sum = running_[k].score;
    float bar = best.bar();
    for (std::size_t v = 0; v < row.size(); ++v) {
      const float score = row[v] + sum;
      if (best.full() && !(score > bar)) continue;  // an equal one has a larger beam or id
      best.offer({score, k, static_cast<std::int32_t>(v)});
      bar = best.bar();
    }
  }
  return best.sorted();
}

void Sentence::finish(const Candidate& candidate) {
  const float score = candidate.score / normalizer(length());  // generated tokens, this one counted
  if (!(score > hopeless)) return;
  if (all_finished() && !(score > finished_.back().score)) return;
  Finished f{running_[candidate.beam].ids, score};
  f.ids.push_back(candidate.id);
  const auto place = std::upper_bound(finished_.begin(), finished_.end(), f,
                                      [](const Finished& a, const Finished& b) { return a.score > b.score; });
  finished_.insert(place, std::move(f));
  if (finished_.size() > beams()) finished_.pop_back();
}

void Sentence::advance(const std::vector<std::span<float>>& log_p) {
  const std::vector<Candidate> all = candidates(log_p);
  const bool last = length() + 1 >= max_length_;
  const auto ends = [&](const Candidate& c) {
    return last ||
           std::find(how_->eos_token_id.begin(), how_->eos_token_id.end(), c.id) != how_->eos_token_id.end();
  };

  for (std::size_t c = 0; c < std::min(beams(), all.size()); ++c)  // only the best `beams` may finish
    if (ends(all[c])) finish(all[c]);

  std::vector<Running> next;
  parents_.clear();
  for (const bool wanted : {false, true})  // those that go on, then ended ones to fill up
    for (const Candidate& c : all) {
      if (next.size() == beams() || ends(c) != wanted) continue;
      Running r{running_[c.beam].ids, ends(c) ? c.score + hopeless : c.score};
      r.ids.push_back(c.id);
      next.push_back(std::move(r));
      parents_.push_back(c.beam);
    }
  while (next.size() < beams()) {  // a vocabulary smaller than the beam
    next.push_back({next[0].ids, hopeless});
    parents_.push_back(parents_[0]);
  }
  running_ = std::move(next);
  if (last || (all_finished() && how_->early_stopping == EarlyStopping::yes)) open_ = false;
  close_if_hopeless();
}

// Whether a running hypothesis can still be better than the worst finished one, by the rule of transformers.
void Sentence::close_if_hopeless() {
  if (!all_finished()) return;
  const bool optimistic = how_->early_stopping == EarlyStopping::never && how_->length_penalty > 0;
  const std::int64_t generated = optimistic ? max_length_ - 1 : length() - 1;
  const float best = running_[0].score / normalizer(generated);
  if (!(best > finished_.back().score)) open_ = false;
}

// The rows of the decoder that a batch of open sentences takes: all beams, but one before the first step.
std::vector<std::int32_t> last_ids(const std::vector<Sentence>& sentences, std::size_t rows_each) {
  std::vector<std::int32_t> ids;
  for (const Sentence& s : sentences)
    for (std::size_t k = 0; k < rows_each; ++k) ids.push_back(s.running()[k].ids.back());
  return ids;
}

}  // namespace

std::vector<std::vector<Hypothesis>> beam_search(const models::SequenceToSequence& model,
                                                 const models::Memory& memory, const SearchOptions& options) {
  const auto beams = static_cast<std::size_t>(options.config.num_beams);
  const std::int64_t max_length = options.config.longest(model.max_positions());
  const kernels::Context& context = memory.states.step().kernels();
  const auto count = static_cast<std::size_t>(memory.layout.batch());
  std::vector<std::vector<Hypothesis>> results(count);
  std::vector<Sentence> sentences;
  for (std::size_t i = 0; i < count; ++i) sentences.emplace_back(i, options.config, max_length);
  std::vector<int> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  const auto state = model.begin(memory, rows);
  std::size_t rows_each = 1;  // at first all beams are the start token: one row stands for them

  while (!sentences.empty()) {
    if (options.cancelled && options.cancelled()) throw Interrupted("interrupted");
    const Tensor logits = model.next(*state, last_ids(sentences, rows_each)).value().to(DType::f32);  // [R,V]
    Tensor log_p = Tensor::empty(logits.shape(), DType::f32);
    kernels::log_softmax(context, logits.view(), log_p.mutable_view());
    const auto width = static_cast<std::size_t>(logits.size(1));
    float* all = log_p.mutable_view().as<float>();
    context.threads->run(static_cast<std::int64_t>(sentences.size()), [&](std::int64_t s) {
      const auto sentence = static_cast<std::size_t>(s);
      std::vector<std::span<float>> own;
      for (std::size_t k = 0; k < beams; ++k)
        own.emplace_back(all + (sentence * rows_each + std::min(k, rows_each - 1)) * width, width);
      sentences[sentence].advance(own);
    });
    std::vector<Sentence> open;
    std::vector<int> parents;
    for (std::size_t s = 0; s < sentences.size(); ++s) {
      if (!sentences[s].open()) {
        results[sentences[s].source()] = sentences[s].results();
        continue;
      }
      for (const std::size_t k : sentences[s].parents())
        parents.push_back(static_cast<int>(s * rows_each + std::min(k, rows_each - 1)));
      open.push_back(std::move(sentences[s]));
    }
    if (!parents.empty()) state->reorder(parents);
    sentences = std::move(open);
    rows_each = beams;
  }
  return results;
}

}  // namespace regard::decode
