#include "regard/tasks/translate_source.h"

#include <algorithm>
#include <set>

#include "regard/text/sentences.h"
#include "regard/text/unicode.h"

namespace regard::tasks {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Runs of letters and digits: what a carrier must not be.
std::set<std::string_view> words_of(std::string_view text) {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_letter_or_digit(text[end])) ++end;
    if (end > i) words.insert(text.substr(i, end - i));
    i = end + 1;
  }
  return words;
}

// Whether a model can be expected to copy it: known on both sides.
bool is_known(const Tokenizer& tokenizer, const std::string& word) {
  const auto unknown = tokenizer.special_ids().unknown;
  for (const TextSide side : {TextSide::source, TextSide::target}) {
    const auto ids = tokenizer.encode_ids(word, side);
    if (unknown && std::find(ids.begin(), ids.end(), *unknown) != ids.end()) return false;
    if (side == TextSide::target && tokenizer.decode(ids) != word) return false;
  }
  return true;
}

// The character that ends or begins a text; a space for none.
char32_t last_of(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && (static_cast<unsigned char>(text[--begin]) & 0xC0U) == 0x80U) {
  }
  return text.empty() ? U' ' : characters_of(text.substr(begin)).front().code;
}
char32_t first_of(std::string_view text) {
  std::size_t end = std::min<std::size_t>(text.size(), 1);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  return text.empty() ? U' ' : characters_of(text.substr(0, end)).front().code;
}

// What touches a kept part and is neither white space nor punctuation is put apart from its carrier.
bool touches(char32_t neighbor) { return !is_white_space(neighbor) && !is_common_mark(neighbor); }

class Cutter {
 public:
  Cutter(std::string_view text, const Tokenizer& tokenizer, std::size_t longest)
      : text_(text), tokenizer_(&tokenizer), longest_(std::max<std::size_t>(longest, 2)) {}

  // The span as it is, or in parts that fit.
  void add(const TextSpan& span, std::vector<SourcePiece>& pieces) const {
    decode::TokenIds ids = tokenizer_->encode_ids(part(text_, span), TextSide::source);
    if (ids.size() <= longest_) {
      pieces.push_back({span, std::move(ids)});
      return;
    }
    const std::vector<Token> tokens = tokenizer_->encode(part(text_, span), TextSide::source);
    std::size_t first = 0;
    for (std::size_t begin = span.begin; begin < span.end;) {
      while (first + 1 < tokens.size() && tokens[first].end + span.begin <= begin) ++first;
      std::size_t most = tokens[std::min(first + longest_ - 1, tokens.size()) - 1].end + span.begin - begin;
      TextSpan taken = cut(begin, span.end, most);
      ids = tokenizer_->encode_ids(part(text_, taken), TextSide::source);
      while (ids.size() > longest_ && most > 1) {  // cut off, it may have other tokens
        most /= 2;
        taken = cut(begin, span.end, most);
        ids = tokenizer_->encode_ids(part(text_, taken), TextSide::source);
      }
      if (ids.size() > longest_) {  // a single character; the end token stays
        ids[longest_ - 1] = ids.back();
        ids.resize(longest_);
      }
      begin = taken.end;
      const std::string_view rest = part(text_, {begin, span.end});
      begin += rest.size() - trim_begin(rest).size();
      if (!trim(part(text_, taken)).empty()) pieces.push_back({taken, std::move(ids)});
    }
  }

 private:
  static std::string_view trim_begin(std::string_view text) {
    for (const PlacedCharacter& c : characters_of(text.substr(0, std::min<std::size_t>(text.size(), 64))))
      if (!is_white_space(c.code)) return text.substr(c.span.begin);
    return text;
  }
  TextSpan cut(std::size_t begin, std::size_t end, std::size_t most) const {
    return {begin, begin + cut_within(part(text_, {begin, end}), std::max<std::size_t>(most, 1))};
  }

  std::string_view text_;
  const Tokenizer* tokenizer_;
  std::size_t longest_;
};

}  // namespace

TextSpan MaskedLine::original(const TextSpan& masked) const {
  // What lies between two carriers is moved by as much as their lengths differ; spaces that were put in
  // stand for nothing.
  const auto place = [&](std::size_t at, bool end) {
    std::size_t from = 0, to = 0, most = std::string::npos;
    for (const Kept& k : kept) {
      if (end ? at <= k.masked.begin : at < k.masked.begin) {
        most = k.original.begin;
        break;
      }
      if (end ? at <= k.masked.end : at < k.masked.end) return end ? k.original.end : k.original.begin;
      from = k.masked.end + (k.glued_after ? 1 : 0);
      to = k.original.end;
    }
    return std::min(most, at <= from ? to : to + (at - from));
  };
  const TextSpan span{place(masked.begin, false), place(masked.end, true)};
  return {span.begin, std::max(span.begin, span.end)};
}

std::vector<std::string> carriers(const Tokenizer& tokenizer) {
  std::vector<std::string> known, others;
  for (const char* letters : {"XYZQWKJVUFGHBDLMNPRST", "xyzqwkjvufghbdlmnprst"})
    for (const char* c = letters; *c != '\0'; ++c) {
      std::string word(1, *c);
      (is_known(tokenizer, word) ? known : others).push_back(std::move(word));
    }
  known.insert(known.end(), others.begin(), others.end());
  return known;
}

MaskedLine mask(std::string_view line, const PlaceholderRules* keep,
                const std::vector<std::string>& carriers) {
  MaskedLine masked;
  const auto spans = keep == nullptr ? std::vector<TextSpan>{} : keep->find(line);
  const auto taken = spans.empty() ? std::set<std::string_view>{} : words_of(line);
  std::size_t next = 0, end = 0;
  const auto carrier = [&] {
    for (;; ++next) {
      const std::string word =
          next < carriers.size() ? carriers[next]
                                 : carriers[next % carriers.size()] + std::to_string(next / carriers.size());
      if (taken.contains(word)) continue;
      ++next;
      return word;
    }
  };
  for (const TextSpan& span : spans) {
    Kept k{std::string(part(line, span)), carrier(), span, {}};
    const std::string_view before = part(line, {end, span.begin});
    const char32_t left = last_of(before), right = first_of(line.substr(span.end));
    masked.text += before;
    const bool follows = !masked.kept.empty() && before.empty();  // on another kept part
    if (touches(left) || (follows && !masked.kept.back().glued_after)) {
      masked.text += ' ';
      k.glued_before = !is_unspaced(left);
    }
    k.masked.begin = masked.text.size();
    masked.text += k.carrier;
    k.masked.end = masked.text.size();
    if (touches(right)) {
      masked.text += ' ';
      k.glued_after = !is_unspaced(right);
    }
    end = span.end;
    masked.kept.push_back(std::move(k));
  }
  masked.text += line.substr(end);
  return masked;
}

SourcePieces pieces_of(const MaskedLine& line, const Tokenizer& tokenizer, const PieceOptions& options) {
  SourcePieces made;
  const std::string_view text = line.text;
  if (trim(text).empty()) return made;
  decode::TokenIds ids = tokenizer.encode_ids(text, TextSide::source);
  made.too_long = ids.size() > options.longest;
  if (made.too_long && options.cut) {
    Cutter(text, tokenizer, options.longest).add({0, text.size()}, made.pieces);
    made.pieces.resize(std::min<std::size_t>(made.pieces.size(), 1));
    return made;
  }
  const auto parts = made.too_long || options.split_sentences ? sentences(text) : std::vector<TextSpan>{};
  if (!made.too_long && parts.size() <= 1) {
    made.pieces.push_back({{0, text.size()}, std::move(ids)});
    return made;
  }
  const Cutter cutter(text, tokenizer, options.longest);
  for (const TextSpan& sentence : parts) cutter.add(sentence, made.pieces);
  return made;
}

}  // namespace regard::tasks
