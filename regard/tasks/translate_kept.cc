#include "regard/tasks/translate_kept.h"

#include <algorithm>
#include <optional>

namespace regard::tasks {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A text under repair, with the places of its tokens and of what is finished.
class Repair {
 public:
  Repair(Result& result, const PieceTokens& piece) : result_(&result), piece_(&piece) {}

  void restore(const Kept& kept) {
    std::optional<TextSpan> place = carrier(kept.carrier, 0);
    result_->kept += place ? 1 : 0;
    result_->placed += place ? 0 : 1;
    if (place) {
      edit(*place, kept.text);
      done_.push_back({place->begin, place->begin + kept.text.size()});
    } else {
      place = attended(kept);
      if (!place) {
        const std::size_t at = behind_done(anchor(kept));
        place = TextSpan{at, at};
      }
      done_.push_back(put_apart(*place, kept.text));
    }
    glue(kept);
    // The model said it more than once.
    while (const auto again = carrier(kept.carrier, done_.back().end)) remove_word(*again);
    while (const auto again = carrier(kept.carrier, 0)) remove_word(*again);
  }

 private:
  std::string& text() { return result_->text; }

  bool is_done(const TextSpan& span) const {
    return std::any_of(done_.begin(), done_.end(), [&](const TextSpan& d) { return overlap(d, span); });
  }

  // The carrier as a word of its own, from a byte on.
  std::optional<TextSpan> carrier(const std::string& word, std::size_t from) {
    for (std::size_t at = text().find(word, from); at != std::string::npos; at = text().find(word, at + 1)) {
      const TextSpan span{at, at + word.size()};
      if (at > 0 && is_letter_or_digit(text()[at - 1])) continue;
      if (span.end < text().size() && is_letter_or_digit(text()[span.end])) continue;
      if (!is_done(span)) return span;
    }
    return std::nullopt;
  }

  bool looks_at(std::size_t token, const TextSpan& masked) const {
    const auto source = static_cast<std::size_t>(result_->aligned[token]);
    return source < piece_->spans.size() && overlap(piece_->spans[source], masked);
  }

  // The longest run of tokens that looked at the carrier.
  std::optional<TextSpan> attended(const Kept& kept) const {
    std::optional<TextSpan> best;
    std::size_t longest = 0;
    const std::vector<TextSpan>& spans = result_->spans;
    for (std::size_t t = 0; t < spans.size();) {
      std::size_t end = t;
      while (end < spans.size() && spans[end].begin < spans[end].end && looks_at(end, kept.masked) &&
             !is_done(spans[end]))
        ++end;
      if (end - t > longest) {
        longest = end - t;
        best = TextSpan{spans[t].begin, spans[end - 1].end};
      }
      t = std::max(end, t + 1);
    }
    return best;
  }

  // Behind the word that belongs to the nearest source token before the carrier.
  std::size_t anchor(const Kept& kept) {
    std::size_t source = 0;
    while (source < piece_->spans.size() && !overlap(piece_->spans[source], kept.masked)) ++source;
    for (std::size_t s = source; s-- > 0;) {
      std::size_t end = 0;
      for (std::size_t t = 0; t < result_->spans.size(); ++t)
        if (result_->aligned[t] == static_cast<std::int64_t>(s) &&
            result_->spans[t].begin < result_->spans[t].end)
          end = std::max(end, result_->spans[t].end);
      if (end > 0) return end_of_word(end);
    }
    return source == 0 ? 0 : text().size();
  }

  std::size_t end_of_word(std::size_t at) {
    for (const TextSpan& word : word_spans(text()))
      if (word.begin < at && at < word.end) return word.end;
    return at;
  }

  // What was put at the same place before stays before.
  std::size_t behind_done(std::size_t at) {
    for (bool moved = true; moved;) {
      moved = false;
      for (const TextSpan& span : done_)
        if (span.begin == at || (span.begin == at + 1 && text()[at] == ' ')) {
          at = span.end;
          moved = true;
        }
    }
    return at;
  }

  // In the place of `place`, as a word of its own where words are set apart.
  TextSpan put_apart(const TextSpan& place, const std::string& word) {
    const auto joins = [](char32_t c) { return !is_white_space(c) && !is_common_mark(c) && !is_unspaced(c); };
    const auto before = characters_of(std::string_view(text()).substr(0, place.begin));
    const auto after = characters_of(std::string_view(text()).substr(place.end));
    const bool insertion = place.begin == place.end;
    const bool space_before = !before.empty() && (insertion ? !is_white_space(before.back().code) &&
                                                                  !is_unspaced(before.back().code)
                                                            : joins(before.back().code));
    const bool space_after = !after.empty() && joins(after.front().code);
    edit(place, (space_before ? " " : "") + word + (space_after ? " " : ""));
    const std::size_t begin = place.begin + (space_before ? 1 : 0);
    return {begin, begin + word.size()};
  }

  // The spaces that stood between a carrier and what it touched.
  void glue(const Kept& kept) {
    const TextSpan made = done_.back();
    if (kept.glued_after && made.end < text().size() && text()[made.end] == ' ')
      edit({made.end, made.end + 1}, "");
    if (kept.glued_before && made.begin > 0 && text()[made.begin - 1] == ' ')
      edit({made.begin - 1, made.begin}, "");
  }

  void remove_word(TextSpan span) {
    if (span.begin > 0 && text()[span.begin - 1] == ' ')
      --span.begin;
    else if (span.end < text().size() && text()[span.end] == ' ')
      ++span.end;
    edit(span, "");
  }

  void edit(const TextSpan& place, const std::string& by) {
    text().replace(place.begin, place.end - place.begin, by);
    const std::size_t end = place.begin + by.size();
    const auto move = [&](TextSpan& span) {
      if (span.begin >= place.end)
        span = {span.begin - place.end + end, span.end - place.end + end};
      else if (span.end > place.begin)
        span = {std::min(span.begin, place.begin), span.end > place.end ? span.end - place.end + end : end};
    };
    for (TextSpan& span : result_->spans) move(span);
    for (TextSpan& span : done_) move(span);
  }

  Result* result_;
  const PieceTokens* piece_;
  std::vector<TextSpan> done_;
};

}  // namespace

void restore_kept(Result& result, const PieceTokens& piece) {
  Repair repair(result, piece);
  for (const Kept& kept : piece.kept) repair.restore(kept);
}

}  // namespace regard::tasks
