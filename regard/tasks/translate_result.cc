#include "regard/tasks/translate_result.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "regard/tasks/translate_kept.h"
#include "regard/text/sentences.h"

namespace regard::tasks {
namespace {

std::span<const std::int32_t> target_ids(const decode::Hypothesis& found) {
  return std::span(found.ids).subspan(1);  // without the start token
}

bool has_unknown(const decode::Hypothesis& found, const Tokenizer& tokenizer) {
  const auto unknown = tokenizer.special_ids().unknown;
  const auto ids = target_ids(found);
  return unknown && std::find(ids.begin(), ids.end(), *unknown) != ids.end();
}

// For each unknown token the source word that it looks at most; nothing for the second of two that look at
// the same word.
std::vector<std::string> words_for_unknowns(const RenderInput& input, std::int32_t unknown) {
  const PieceTokens& piece = *input.piece;
  std::vector<std::string> words;
  TextSpan last;
  const auto ids = target_ids(*input.found);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    if (ids[t] != unknown) continue;
    std::size_t best = 0;
    double most = -1;
    for (std::size_t s = 0; s < piece.spans.size(); ++s)
      if (piece.spans[s].begin < piece.spans[s].end && input.alignment->at(t, s) > most) {
        most = input.alignment->at(t, s);
        best = s;
      }
    const TextSpan word = most < 0 ? TextSpan{} : word_around(piece.line->text, piece.spans[best]);
    words.push_back(word == last ? std::string() : std::string(part(piece.line->text, word)));
    last = word;
  }
  return words;
}

// The bytes of the text that each token stands for: what it adds to the text of those before it.
std::vector<TextSpan> spans_of(std::span<const std::int32_t> ids, const std::string& text,
                               const Tokenizer& tokenizer) {
  std::vector<TextSpan> spans;
  std::size_t begin = 0;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const std::string so_far = tokenizer.decode(ids.first(t + 1));
    const std::size_t end = std::clamp(so_far.size(), begin, text.size());
    TextSpan span{begin, end};
    while (span.begin < span.end && text[span.begin] == ' ') ++span.begin;
    spans.push_back(span);
    begin = end;
  }
  return spans;
}

// Puts a word where token t, which has no bytes, stands; apart from its neighbors where its script has
// spaces.
void put_word(Result& result, std::size_t t, const std::string& word) {
  const auto joins = [](char32_t c) { return !is_white_space(c) && !is_unspaced(c); };
  const std::size_t at = result.spans[t].begin;
  const auto before = characters_of(std::string_view(result.text).substr(0, at));
  const auto after = characters_of(std::string_view(result.text).substr(at));
  const auto own = characters_of(word);
  const bool space_before = !before.empty() && joins(before.back().code) && joins(own.front().code);
  const bool space_after = !after.empty() && joins(after.front().code) &&
                           !is_common_mark(after.front().code) && joins(own.back().code);
  const std::string put = (space_before ? " " : "") + word + (space_after ? " " : "");
  result.text.insert(at, put);
  for (std::size_t k = t + 1; k < result.spans.size(); ++k) {
    result.spans[k].begin += put.size();
    result.spans[k].end += put.size();
  }
  const std::size_t begin = at + (space_before ? 1 : 0);
  result.spans[t] = {begin, begin + word.size()};
}

Result together(const Result& a, const Result& b, std::size_t source_tokens_before) {
  Result made = a;
  made.text = joined(a.text, b.text);
  const std::size_t moved = made.text.size() - b.text.size();
  made.tokens.insert(made.tokens.end(), b.tokens.begin(), b.tokens.end());
  for (const std::int64_t s : b.aligned)
    made.aligned.push_back(s + static_cast<std::int64_t>(source_tokens_before));
  for (const TextSpan& span : b.spans) made.spans.push_back({span.begin + moved, span.end + moved});
  made.score += b.score;
  made.log_p += b.log_p;
  made.generated += b.generated;
  made.unknown_replaced += b.unknown_replaced;
  made.kept += b.kept;
  made.placed += b.placed;
  return made;
}

}  // namespace

PieceTokens tokens_of(const MaskedLine& line, const SourcePiece& piece, const Tokenizer& tokenizer) {
  PieceTokens made{&line, piece.span, {}, {}, {}};
  for (Token& token : tokenizer.encode(part(line.text, piece.span), TextSide::source)) {
    made.tokens.push_back(std::move(token.piece));
    made.spans.push_back({token.begin + piece.span.begin, token.end + piece.span.begin});
  }
  if (made.tokens.size() > piece.ids.size()) {  // it was cut off, but for its end token
    made.tokens[piece.ids.size() - 1] = made.tokens.back();
    made.spans[piece.ids.size() - 1] = made.spans.back();
    made.tokens.resize(piece.ids.size());
    made.spans.resize(piece.ids.size());
  }
  for (const Kept& k : line.kept)
    if (piece.span.begin <= k.masked.begin && k.masked.begin < piece.span.end) made.kept.push_back(k);
  return made;
}

bool needs_alignment(const decode::Hypothesis& found, const PieceTokens& piece, const Tokenizer& tokenizer,
                     const TranslateOptions& options) {
  return options.alignment || !piece.kept.empty() ||
         (options.replace_unknown && has_unknown(found, tokenizer));
}

Result render(const RenderInput& input, const Tokenizer& tokenizer, const TranslateOptions& options) {
  Result made;
  const auto ids = target_ids(*input.found);
  for (const std::int32_t id : ids) made.tokens.push_back(tokenizer.piece(id));
  made.text = tokenizer.decode(ids);
  if (input.alignment != nullptr) {
    made.aligned = input.alignment->best();
    made.spans = spans_of(ids, made.text, tokenizer);
    if (options.replace_unknown && has_unknown(*input.found, tokenizer)) {
      const std::int32_t unknown = *tokenizer.special_ids().unknown;
      const std::vector<std::string> words = words_for_unknowns(input, unknown);
      made.unknown_replaced = static_cast<std::int64_t>(words.size());
      auto word = words.begin();
      for (std::size_t t = 0; t < ids.size(); ++t)
        if (ids[t] == unknown && !(word++)->empty()) put_word(made, t, *std::prev(word));
    }
  }
  if (!input.piece->kept.empty()) restore_kept(made, *input.piece);
  made.score = input.found->score;
  made.log_p = input.found->log_p;
  made.generated = input.found->generated();
  return made;
}

std::vector<Result> put_together(std::vector<std::vector<Result>> pieces,
                                 const std::vector<std::size_t>& source_tokens,
                                 const TranslateOptions& options) {
  std::size_t most = options.nbest > 0 ? static_cast<std::size_t>(options.nbest) : 0;
  for (const auto& piece : pieces)
    if (options.nbest <= 0) most = std::max(most, piece.size());
  std::vector<Result> made = std::move(pieces[0]);
  if (made.size() > most) made.resize(most);
  std::size_t tokens_before = source_tokens[0];
  for (std::size_t p = 1; p < pieces.size(); ++p) {
    const std::vector<Result>& next = pieces[p];
    struct Pair {
      std::size_t a, b;
      double sum;
    };
    std::vector<Pair> pairs;
    for (std::size_t a = 0; a < made.size(); ++a)
      for (std::size_t b = 0; b < next.size(); ++b) {
        if (options.config.do_sample && a != b) continue;
        pairs.push_back({a, b, made[a].score + next[b].score});
      }
    if (!options.config.do_sample)
      std::stable_sort(pairs.begin(), pairs.end(),
                       [](const Pair& x, const Pair& y) { return x.sum > y.sum; });
    if (pairs.size() > most) pairs.resize(most);
    std::vector<Result> longer;
    for (const Pair& pair : pairs) longer.push_back(together(made[pair.a], next[pair.b], tokens_before));
    made = std::move(longer);
    tokens_before += source_tokens[p];
  }
  return made;
}

std::vector<AlignmentLink> unit_links(std::span<const std::int64_t> aligned, const AlignmentUnits& tokens,
                                      const AlignmentUnits& units) {
  // The first unit that ends behind a token's beginning, and those up to the token's end.
  const auto units_of = [](const std::vector<TextSpan>& all, const TextSpan& token) {
    const auto first = std::partition_point(all.begin(), all.end(),
                                            [&](const TextSpan& unit) { return unit.end <= token.begin; });
    auto last = first;
    while (last != all.end() && token.begin < token.end && last->begin < token.end) ++last;
    return std::pair{first - all.begin(), last - all.begin()};
  };
  std::set<AlignmentLink> links;
  for (std::size_t t = 0; t < aligned.size() && t < tokens.target.size(); ++t) {
    const auto s = static_cast<std::size_t>(aligned[t]);
    if (s >= tokens.source.size()) continue;
    const auto [from_first, from_last] = units_of(units.source, tokens.source[s]);
    const auto [to_first, to_last] = units_of(units.target, tokens.target[t]);
    for (auto i = from_first; i < from_last; ++i)
      for (auto j = to_first; j < to_last; ++j) links.insert({i, j});
  }
  return {links.begin(), links.end()};
}

}  // namespace regard::tasks
