#include "regard/text/subword_sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "regard/base/error.h"

namespace regard {
namespace {

constexpr std::string_view word_begin = "\xE2\x96\x81";  // U+2581
constexpr double impossible = -std::numeric_limits<double>::infinity();

// Where the characters of valid UTF-8 begin, and where the last one ends.
std::vector<std::size_t> boundaries(std::string_view text) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) places.push_back(i);
  places.push_back(text.size());
  return places;
}

// log(exp(a) + exp(b)).
double log_sum(double a, double b) {
  const auto [less, more] = std::minmax(a, b);
  return less == impossible ? more : more + std::log1p(std::exp(less - more));
}

// A piece that ends at a place of the text.
struct Edge {
  std::size_t from;  // character
  std::int32_t piece;
  double score;
};

std::size_t draw_by_weight(const std::vector<double>& logs, RandomStream& random) {
  double sum = impossible;
  for (const double x : logs) sum = log_sum(sum, x);
  double rest = random.uniform();
  std::size_t last = 0;  // the last possible one takes what rounding leaves
  for (std::size_t i = 0; i < logs.size(); ++i) {
    if (logs[i] == impossible) continue;
    last = i;
    rest -= std::exp(logs[i] - sum);
    if (rest < 0) break;
  }
  return last;
}

}  // namespace

void require_suited(const SubwordSampling& s, SubwordType type) {
  if (!(s.dropout >= 0 && s.dropout <= 1))
    throw UsageError(fmt::format("subword_dropout: found {}, expected a number from 0 to 1", s.dropout));
  if (!(s.alpha >= 0) || !std::isfinite(s.alpha))
    throw UsageError(
        fmt::format("subword_sampling_alpha: found {}, expected a number of at least 0", s.alpha));
  if (s.best < 0)
    throw UsageError(fmt::format("subword_sampling_nbest: found {}, expected at least 0", s.best));
  if (s.best > 0 && s.alpha <= 0)
    throw UsageError(fmt::format(
        "subword_sampling_nbest: found {}, expected 0 where subword_sampling_alpha is 0", s.best));
  if (s.dropout > 0 && type != SubwordType::bpe)
    throw UsageError(
        fmt::format("subword_dropout: found {}, expected 0: the vocabulary is unigram, which has no merges "
                    "(subword_sampling_alpha samples its segmentations)",
                    s.dropout));
  if (s.alpha > 0 && type != SubwordType::unigram)
    throw UsageError(
        fmt::format("subword_sampling_alpha: found {}, expected 0: the vocabulary is bpe, which has no "
                    "probabilities (subword_dropout samples its segmentations)",
                    s.alpha));
}

SubwordSampler::SubwordSampler(const SubwordVocabulary& vocabulary, const SubwordSampling& sampling)
    : sampling_(sampling), type_(vocabulary.type), pieces_(vocabulary.pieces) {
  require_suited(sampling, vocabulary.type);
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const ScoredPiece& piece = pieces_[i];
    const auto place = static_cast<std::int32_t>(i), id = piece.id;
    if (piece.text.empty() || id < 0) continue;
    places_.emplace(piece.text, place);
    longest_ = std::max(longest_, piece.text.size());
    if (piece.text.find(word_begin, 1) != std::string::npos) words_alone_ = false;
    if (static_cast<std::size_t>(id) >= by_id_.size()) by_id_.resize(static_cast<std::size_t>(id) + 1, -1);
    by_id_[static_cast<std::size_t>(id)] = place;
  }
}

std::int32_t SubwordSampler::find(std::string_view text) const {
  const auto found = places_.find(text);
  return found == places_.end() ? -1 : found->second;
}

std::vector<std::int32_t> SubwordSampler::sample(std::span<const std::int32_t> ids, RandomKey key) const {
  RandomStream random(key);
  std::vector<std::int32_t> result;
  std::string text;
  Pieces pieces;
  for (std::size_t i = 0; i < ids.size();) {
    const std::size_t begin = i;
    text.clear();
    for (; i < ids.size(); ++i) {
      const auto id = static_cast<std::size_t>(ids[i]);
      if (id >= by_id_.size() || by_id_[id] < 0) break;
      text += pieces_[static_cast<std::size_t>(by_id_[id])].text;
    }
    pieces.clear();
    if (sample_text(text, random, pieces)) {
      for (const std::int32_t piece : pieces) result.push_back(pieces_[static_cast<std::size_t>(piece)].id);
    } else {  // a character that is no piece by itself
      result.insert(result.end(), ids.begin() + static_cast<std::ptrdiff_t>(begin),
                    ids.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (i < ids.size()) result.push_back(ids[i++]);
  }
  return result;
}

// False where the text cannot be split; what is then in `into` is of no use.
bool SubwordSampler::sample_text(std::string_view text, RandomStream& random, Pieces& into) const {
  if (sampling_.best > 0) return draw_of_best(text, random, into);
  while (!text.empty()) {
    const std::size_t end = words_alone_ ? text.find(word_begin, 1) : std::string_view::npos;
    const std::string_view word = text.substr(0, end);
    if (!(type_ == SubwordType::bpe ? merge(word, random, into) : draw(word, random, into))) return false;
    text.remove_prefix(word.size());
  }
  return true;
}

bool SubwordSampler::merge(std::string_view word, RandomStream& random, Pieces& into) const {
  std::vector<std::size_t> begins = boundaries(word);  // of the parts, and the end of the last
  const auto joined = [&](std::size_t i) {             // parts i and i + 1
    return find(word.substr(begins[i], begins[i + 2] - begins[i]));
  };
  std::vector<std::int32_t> merges;  // the piece that each part and the next one make; -1: none
  for (std::size_t i = 0; i + 2 < begins.size(); ++i) merges.push_back(joined(i));
  const auto dropped_below = static_cast<std::uint64_t>(std::ldexp(sampling_.dropout, 32));
  for (;;) {
    std::size_t best = merges.size();
    for (std::size_t i = 0; i < merges.size(); ++i) {
      if (merges[i] < 0 || (dropped_below > 0 && random() < dropped_below)) continue;
      const auto score = [&](std::size_t at) { return pieces_[static_cast<std::size_t>(merges[at])].score; };
      if (best == merges.size() || score(i) > score(best))
        best = i;  // of equal ones the first, as the library
    }
    if (best == merges.size()) break;
    begins.erase(begins.begin() + static_cast<std::ptrdiff_t>(best + 1));
    merges.erase(merges.begin() + static_cast<std::ptrdiff_t>(best));
    if (best > 0) merges[best - 1] = joined(best - 1);
    if (best < merges.size()) merges[best] = joined(best);
  }
  for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
    const std::int32_t piece = find(word.substr(begins[i], begins[i + 1] - begins[i]));
    if (piece < 0) return false;
    into.push_back(piece);
  }
  return true;
}

// Forward filtering, backward sampling: the sums of all segmentations of each beginning, then pieces from the
// end, each with the share that the segmentations which end in it have.
bool SubwordSampler::draw(std::string_view word, RandomStream& random, Pieces& into) const {
  const std::vector<std::size_t> places = boundaries(word);
  const std::size_t count = places.size();
  std::vector<std::vector<Edge>> edges(count);  // by where they end
  std::vector<double> sums(count, impossible);
  sums[0] = 0;
  for (std::size_t end = 1; end < count; ++end) {
    for (std::size_t from = end; from-- > 0 && places[end] - places[from] <= longest_;) {
      const std::int32_t piece = find(word.substr(places[from], places[end] - places[from]));
      if (piece < 0 || sums[from] == impossible) continue;
      const double score = sampling_.alpha * pieces_[static_cast<std::size_t>(piece)].score;
      edges[end].push_back({from, piece, score});
      sums[end] = log_sum(sums[end], sums[from] + score);
    }
  }
  if (sums.back() == impossible) return false;
  const auto first = static_cast<std::ptrdiff_t>(into.size());
  std::vector<double> logs;
  for (std::size_t end = count - 1; end > 0;) {
    logs.clear();
    for (const Edge& edge : edges[end]) logs.push_back(sums[edge.from] + edge.score);
    const Edge& edge = edges[end][draw_by_weight(logs, random)];
    into.push_back(edge.piece);
    end = edge.from;
  }
  std::reverse(into.begin() + first, into.end());
  return true;
}

// The best segmentations of each beginning, from the best on, then one of those of the whole.
bool SubwordSampler::draw_of_best(std::string_view text, RandomStream& random, Pieces& into) const {
  struct Path {
    double score;
    std::size_t from, rank;  // the path of the beginning that it goes on from
    std::int32_t piece;
  };
  if (text.empty()) return true;
  const std::vector<std::size_t> places = boundaries(text);
  const auto most = static_cast<std::size_t>(sampling_.best);
  std::vector<std::vector<Path>> paths(places.size());  // by where they end
  paths[0] = {{0, 0, 0, -1}};
  for (std::size_t end = 1; end < places.size(); ++end) {
    std::vector<Path>& here = paths[end];
    for (std::size_t from = end; from-- > 0 && places[end] - places[from] <= longest_;) {
      const std::int32_t piece = find(text.substr(places[from], places[end] - places[from]));
      if (piece < 0) continue;
      for (std::size_t rank = 0; rank < paths[from].size(); ++rank)
        here.push_back(
            {paths[from][rank].score + pieces_[static_cast<std::size_t>(piece)].score, from, rank, piece});
    }
    std::stable_sort(here.begin(), here.end(),
                     [](const Path& a, const Path& b) { return a.score > b.score; });
    if (here.size() > most) here.resize(most);
  }
  if (paths.back().empty()) return false;
  std::vector<double> logs;
  for (const Path& path : paths.back()) logs.push_back(sampling_.alpha * path.score);
  const auto first = static_cast<std::ptrdiff_t>(into.size());
  std::size_t rank = draw_by_weight(logs, random);
  for (std::size_t end = places.size() - 1; end > 0;) {
    const Path& path = paths[end][rank];
    into.push_back(path.piece);
    end = path.from;
    rank = path.rank;
  }
  std::reverse(into.begin() + first, into.end());
  return true;
}

}  // namespace regard
