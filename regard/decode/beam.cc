#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "regard/base/error.h"
#include "regard/decode/logits.h"
#include "regard/decode/ranking.h"
#include "regard/decode/search.h"
#include "regard/kernels/softmax.h"

// Beam search as transformers has it since 4.50 (generation/utils.py, _beam_search), one sentence at a time:
// there sentences are computed together but do not touch each other. Sums are kept in float as there.

namespace regard::decode {
namespace {

constexpr float hopeless = -1e9F;
constexpr double least_coverage = 1e-9;  // in float a sum of attention may be 0, whose log is not finite

struct Running {
  TokenIds ids;
  float score = 0;                   // sum of log p, not normalized by length
  std::vector<float> coverage = {};  // attention that each source token got; empty where it does not count
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
  float log_p = 0;
};

// The search for one source. `rows` says in which row of the decoder each running hypothesis is computed.
class Sentence {
 public:
  Sentence(std::size_t source, const Generator& generator, const SearchOptions& options)
      : source_(source), prompt_(generator.prompt(source)), options_(&options), how_(&options.config) {
    max_length_ = how_->longest(generator.max_positions(), static_cast<std::int64_t>(prompt_.size()));
    const auto seen = static_cast<std::ptrdiff_t>(generator.seen(source));
    running_.assign(beams(), {{prompt_.begin(), prompt_.begin() + seen}, hopeless});
    running_[0].score = 0;
  }

  std::size_t source() const { return source_; }
  bool open() const { return open_; }
  const std::vector<Running>& running() const { return running_; }
  // After a step: which of the hypotheses before it each running one goes on from.
  const std::vector<std::size_t>& parents() const { return parents_; }

  // The attention [S] that beam k's step paid to the source, before it advances.
  void cover(std::size_t k, std::span<const float> attention);
  // log_p [beams before][V], changed in place; in the first step all beams share one row.
  void advance(const std::vector<std::span<float>>& log_p);

  std::vector<Hypothesis> results() const {
    std::vector<Hypothesis> all;
    const auto prompt = static_cast<std::int64_t>(prompt_.size());
    for (const Finished& f : finished_)
      all.push_back({f.ids, static_cast<double>(f.score), static_cast<double>(f.log_p), prompt});
    const auto score = static_cast<double>(running_[0].score);
    if (all.empty()) all.push_back({running_[0].ids, score, score, prompt});
    return all;
  }

 private:
  std::size_t beams() const { return static_cast<std::size_t>(how_->num_beams); }
  std::int64_t length() const { return static_cast<std::int64_t>(running_[0].ids.size()); }
  bool all_finished() const { return finished_.size() == beams(); }
  std::int64_t generated() const { return length() - static_cast<std::int64_t>(prompt_.size()); }
  bool in_prompt() const { return running_[0].ids.size() < prompt_.size(); }
  void follow_prompt();
  std::vector<Candidate> candidates(const std::vector<std::span<float>>& log_p) const;
  bool ends(const Candidate& candidate) const;
  void finish(const Candidate& candidate);
  void close_if_hopeless();

  std::size_t source_;
  TokenIds prompt_;
  const SearchOptions* options_;
  const GenerationConfig* how_;
  std::int64_t max_length_ = 0;
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
    if (row.data() != adjusted)
      adjust(row, {running_[k].ids, max_length_, static_cast<std::int64_t>(prompt_.size())}, *how_);
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
  float score = ranking_score(candidate.score, generated() + 1, *how_);
  if (!(score > hopeless)) return;
  double coverage = 0;
  for (const float c : running_[candidate.beam].coverage)
    coverage += std::log(std::clamp(static_cast<double>(c), least_coverage, 1.0));
  score += static_cast<float>(how_->coverage_penalty * coverage);
  if (all_finished() && !(score > finished_.back().score)) return;
  Finished f{running_[candidate.beam].ids, score, candidate.score};
  f.ids.push_back(candidate.id);
  const auto place = std::upper_bound(finished_.begin(), finished_.end(), f,
                                      [](const Finished& a, const Finished& b) { return a.score > b.score; });
  finished_.insert(place, std::move(f));
  if (finished_.size() > beams()) finished_.pop_back();
}

void Sentence::cover(std::size_t k, std::span<const float> attention) {
  std::vector<float>& coverage = running_[k].coverage;
  if (coverage.empty()) coverage.assign(attention.size(), 0);
  for (std::size_t s = 0; s < coverage.size(); ++s) coverage[s] += attention[s];
}

// Every beam takes the given token, which costs nothing.
void Sentence::follow_prompt() {
  const std::int32_t id = prompt_[running_[0].ids.size()];
  parents_.resize(beams());
  std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  for (Running& r : running_) r.ids.push_back(id);
}

bool Sentence::ends(const Candidate& c) const {
  if (length() + 1 >= max_length_ ||
      std::find(how_->eos_token_id.begin(), how_->eos_token_id.end(), c.id) != how_->eos_token_id.end())
    return true;
  if (!options_->stops) return false;
  const TokenIds& before = running_[c.beam].ids;
  TokenIds generated(before.begin() + static_cast<std::ptrdiff_t>(prompt_.size()), before.end());
  generated.push_back(c.id);
  return options_->stops(generated);
}

void Sentence::advance(const std::vector<std::span<float>>& log_p) {
  if (in_prompt()) return follow_prompt();
  const std::vector<Candidate> all = candidates(log_p);
  const bool last = length() + 1 >= max_length_;

  for (std::size_t c = 0; c < std::min(beams(), all.size()); ++c)  // only the best `beams` may finish
    if (ends(all[c])) finish(all[c]);

  std::vector<Running> next;
  parents_.clear();
  for (const bool wanted : {false, true})  // those that go on, then ended ones to fill up
    for (const Candidate& c : all) {
      if (next.size() == beams() || ends(c) != wanted) continue;
      Running r{running_[c.beam].ids, ends(c) ? c.score + hopeless : c.score, running_[c.beam].coverage};
      r.ids.push_back(c.id);
      next.push_back(std::move(r));
      parents_.push_back(c.beam);
    }
  while (next.size() < beams()) {  // a vocabulary smaller than the beam
    next.push_back({next[0].ids, hopeless, next[0].coverage});
    parents_.push_back(parents_[0]);
  }
  running_ = std::move(next);
  if (last || (all_finished() && how_->early_stopping == EarlyStopping::yes)) open_ = false;
  close_if_hopeless();
}

// Whether a running hypothesis can still be better than the worst finished one, by the rule of transformers.
// A coverage penalty only lowers what it can become.
void Sentence::close_if_hopeless() {
  if (!all_finished()) return;
  const std::int64_t most = max_length_ - static_cast<std::int64_t>(prompt_.size());
  const float best = attainable_score(running_[0].score, generated(), most, *how_);
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

std::vector<std::vector<Hypothesis>> beam_search(Generator& generator, const SearchOptions& options) {
  const auto beams = static_cast<std::size_t>(options.config.num_beams);
  const kernels::Context& context = generator.kernels();
  const std::size_t count = generator.sources();
  std::vector<std::vector<Hypothesis>> results(count);
  std::vector<Sentence> sentences;
  for (std::size_t i = 0; i < count; ++i) sentences.emplace_back(i, generator, options);
  std::vector<int> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  if (options.cancelled && options.cancelled()) throw Interrupted("interrupted");
  Tensor logits = generator.begin(rows);  // [R,V]
  std::size_t rows_each = 1;              // at first all beams are the prompt: one row stands for them

  while (true) {
    Tensor log_p = Tensor::empty(logits.shape(), DType::f32);
    kernels::log_softmax(context, logits.view(), log_p.mutable_view());
    const auto width = static_cast<std::size_t>(logits.size(1));
    float* all = log_p.mutable_view().as<float>();
    context.threads->run(static_cast<std::int64_t>(sentences.size()), [&](std::int64_t s) {
      Sentence& sentence = sentences[static_cast<std::size_t>(s)];
      const std::size_t first = static_cast<std::size_t>(s) * rows_each;
      std::vector<std::span<float>> own;
      for (std::size_t k = 0; k < beams; ++k) {
        const std::size_t row = first + std::min(k, rows_each - 1);
        own.emplace_back(all + row * width, width);
        const std::span<const float> attention = generator.attention(row, sentence.source());
        if (!attention.empty()) sentence.cover(k, attention);
      }
      sentence.advance(own);
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
    if (open.empty()) return results;
    generator.reorder(parents);
    sentences = std::move(open);
    rows_each = beams;
    if (options.cancelled && options.cancelled()) throw Interrupted("interrupted");
    logits = generator.next(last_ids(sentences, rows_each));
  }
}

}  // namespace regard::decode
