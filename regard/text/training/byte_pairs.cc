#include "regard/text/training/byte_pairs.h"

#include <algorithm>
#include <map>
#include <queue>
#include <string_view>
#include <unordered_map>

#include "regard/text/characters.h"
#include "regard/text/training/pair_table.h"

namespace regard {
namespace {

// Text that follows its lead characters one by one.
template <class See>
void each_character(std::string_view text, const See& see) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text[i]);
    see(text.substr(i, length), i == 0, i + length == text.size());
    i += length;
  }
}

class Tokens {
 public:
  std::int32_t id(const std::string& token) {
    const auto [entry, fresh] = ids_.try_emplace(token, static_cast<std::int32_t>(list_.size()));
    if (fresh) list_.push_back(token);
    return entry->second;
  }
  bool has(const std::string& token) const { return ids_.count(token) != 0; }
  const std::string& operator[](std::int32_t id) const { return list_[static_cast<std::size_t>(id)]; }
  std::int64_t size() const { return static_cast<std::int64_t>(list_.size()); }
  std::vector<std::string> list() && { return std::move(list_); }

 private:
  std::vector<std::string> list_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

void add_alphabet(const std::vector<CountedWord>& words, const BytePairTraining& o, Tokens& tokens) {
  std::map<std::string, std::uint64_t, std::less<>> counts;  // sorted as code points are
  for (const CountedWord& word : words)
    each_character(word.text, [&](std::string_view c, bool, bool) {
      const auto found = counts.find(c);
      if (found != counts.end())
        found->second += word.count;
      else
        counts.emplace(c, word.count);
    });
  for (const std::string& c : o.initial_alphabet) counts[c] = UINT64_MAX;
  if (o.limit_alphabet && counts.size() > static_cast<std::size_t>(*o.limit_alphabet)) {
    std::vector<std::pair<std::uint64_t, std::string>> kept;
    for (const auto& [c, count] : counts) kept.emplace_back(count, c);
    std::stable_sort(kept.begin(), kept.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = static_cast<std::size_t>(*o.limit_alphabet); i < kept.size(); ++i)
      counts.erase(kept[i].second);
  }
  for (const auto& [c, count] : counts) tokens.id(c);
}

struct Symbol {
  std::int32_t id = 0;
  std::int32_t length = 1;  // in characters; those at the beginning count as one with their marks
};

// The words as tokens, all in one row; a word grows shorter in place.
struct Words {
  std::vector<Symbol> symbols;
  std::vector<std::uint64_t> begin;  // of each word
  std::vector<std::uint32_t> size;
  std::vector<std::int64_t> count;
};

Words split(const std::vector<CountedWord>& words, const BytePairTraining& o, Tokens& tokens) {
  Words split;
  for (const CountedWord& word : words) {
    split.begin.push_back(split.symbols.size());
    each_character(word.text, [&](std::string_view c, bool first, bool last) {
      std::string text(c);
      if (!tokens.has(text)) return;  // limit_alphabet dropped it
      if (!first) text = o.continuing_subword_prefix + text;
      if (last) text += o.end_of_word_suffix;
      split.symbols.push_back({tokens.id(text)});
    });
    split.size.push_back(static_cast<std::uint32_t>(split.symbols.size() - split.begin.back()));
    split.count.push_back(static_cast<std::int64_t>(word.count));
  }
  return split;
}

// A pair that waits to be merged in the words where it came up.
struct Candidate {
  std::int64_t count = 0;  // when it was put in the queue
  std::uint64_t key = 0;
  std::uint32_t pair = 0;   // its number
  std::uint32_t place = 0;  // of its words
  bool operator<(const Candidate& o) const { return count != o.count ? count < o.count : key > o.key; }
};

class Learner {
 public:
  Learner(Words words, Tokens tokens, const BytePairTraining& options)
      : words_(std::move(words)), tokens_(std::move(tokens)), options_(options) {}

  BytePairs learn(const std::function<void(std::int64_t)>& merged);

 private:
  void add(std::int32_t left, std::int32_t right, std::int64_t change, std::uint32_t word);
  void queue_fresh();
  void merge_in(std::uint32_t word, std::int32_t left, std::int32_t right, std::int32_t made);

  Words words_;
  Tokens tokens_;
  const BytePairTraining& options_;
  PairTable pairs_;
  std::vector<std::uint32_t> fresh_;  // pairs that came up and are not in the queue
  std::vector<std::vector<std::uint32_t>> places_;
  std::vector<std::uint32_t> free_places_;
  std::priority_queue<Candidate> queue_;
};

// One change of a pair's count by one occurrence in a word.
void Learner::add(std::int32_t left, std::int32_t right, std::int64_t change, std::uint32_t word) {
  const std::uint32_t pair = pairs_.number(PairTable::key(left, right));
  PairState& state = pairs_.state(pair);
  state.count += change * words_.count[word];
  if (change < 0) return;
  if (state.words.empty()) fresh_.push_back(pair);
  if (state.words.empty() || state.words.back() != word) state.words.push_back(word);
}

void Learner::queue_fresh() {
  for (const std::uint32_t pair : fresh_) {
    PairState& state = pairs_.state(pair);
    if (state.count > 0) {
      if (free_places_.empty()) {
        free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
        places_.emplace_back();
      }
      const std::uint32_t place = free_places_.back();
      free_places_.pop_back();
      places_[place] = std::move(state.words);
      queue_.push({state.count, pairs_.key_of(pair), pair, place});
    }
    state.words = {};
  }
  fresh_.clear();
}

void Learner::merge_in(std::uint32_t word, std::int32_t left, std::int32_t right, std::int32_t made) {
  Symbol* const symbols = words_.symbols.data() + words_.begin[word];
  const std::uint32_t size = words_.size[word];
  const auto fits = [&](const Symbol& a, const Symbol& b) {
    return a.length + b.length < options_.max_token_length;
  };
  std::uint32_t to = 0;
  for (std::uint32_t i = 0; i < size; ++i, ++to) {
    if (symbols[i].id != left || i + 1 == size || symbols[i + 1].id != right) {
      symbols[to] = symbols[i];
      continue;
    }
    const Symbol joined{made, symbols[i].length + symbols[i + 1].length};
    if (to > 0) {
      add(symbols[to - 1].id, left, -1, word);
      if (fits(symbols[to - 1], joined)) add(symbols[to - 1].id, made, 1, word);
    }
    if (i + 2 < size) {
      add(right, symbols[i + 2].id, -1, word);
      if (fits(symbols[i + 2], joined)) add(made, symbols[i + 2].id, 1, word);
    }
    symbols[to] = joined;
    ++i;
  }
  words_.size[word] = to;
}

BytePairs Learner::learn(const std::function<void(std::int64_t)>& merged) {
  for (std::uint32_t w = 0; w < words_.size.size(); ++w) {
    const Symbol* symbols = words_.symbols.data() + words_.begin[w];
    for (std::uint32_t i = 1; i < words_.size[w]; ++i) add(symbols[i - 1].id, symbols[i].id, 1, w);
  }
  queue_fresh();
  BytePairs result;
  std::unordered_map<std::uint64_t, std::size_t> rank;  // a pair merged twice: the later one counts
  while (tokens_.size() < options_.vocab_size && !queue_.empty()) {
    Candidate top = queue_.top();
    queue_.pop();
    if (const std::int64_t now = pairs_.state(top.pair).count; top.count != now) {
      top.count = now;
      queue_.push(top);
      continue;
    }
    if (top.count < std::max<std::int64_t>(1, options_.min_frequency)) break;
    const auto left = static_cast<std::int32_t>(top.key >> 32U), right = static_cast<std::int32_t>(top.key);
    std::string_view rest = tokens_[right];
    if (rest.starts_with(options_.continuing_subword_prefix))
      rest.remove_prefix(options_.continuing_subword_prefix.size());
    const std::int32_t made = tokens_.id(tokens_[left] + std::string(rest));
    rank[top.key] = result.merges.size();
    result.merges.emplace_back(tokens_[left], tokens_[right]);
    for (const std::uint32_t word : places_[top.place]) merge_in(word, left, right, made);
    places_[top.place] = {};
    free_places_.push_back(top.place);
    queue_fresh();
    if (merged) merged(tokens_.size());
  }
  if (rank.size() < result.merges.size()) {
    std::vector<bool> last(result.merges.size(), false);
    for (const auto& [pair, at] : rank) last[at] = true;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < last.size(); ++i)
      if (last[i]) result.merges[kept++] = std::move(result.merges[i]);
    result.merges.resize(kept);
  }
  result.tokens = std::move(tokens_).list();
  return result;
}

}  // namespace

BytePairs train_byte_pairs(const std::vector<CountedWord>& words, const BytePairTraining& options,
                           const std::function<void(std::int64_t)>& merged) {
  Tokens tokens;
  for (const std::string& token : options.special_tokens) tokens.id(token);
  add_alphabet(words, options, tokens);
  Words parts = split(words, options, tokens);
  return Learner(std::move(parts), std::move(tokens), options).learn(merged);
}

}  // namespace regard
