#include "regard/text/placeholders.h"

#include <algorithm>
#include <array>
#include <utility>

namespace regard {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }
char at(std::string_view text, std::size_t i) { return i < text.size() ? text[i] : '\0'; }

// Each of these gives the length of what begins at i, or 0.

// {}, {0}, {name}, {x:.2f}, {{ name }}; a $, % or # before it belongs to it.
std::size_t braces(std::string_view text, std::size_t i) {
  constexpr std::size_t longest = 80;
  std::size_t end = i;
  if (at(text, i) == '$' || at(text, i) == '%' || at(text, i) == '#') ++end;
  if (at(text, end) != '{') return 0;
  const bool twice = at(text, end + 1) == '{';
  end += twice ? 2 : 1;
  for (const std::size_t begin = end; end < text.size() && end - begin < longest; ++end) {
    const char c = text[end];
    if (c == '{' || (!twice && is_space(c))) return 0;
    if (c != '}') continue;
    if (!twice) return end + 1 - i;
    return at(text, end + 1) == '}' ? end + 2 - i : 0;
  }
  return 0;
}

// %s, %-5.2f, %1$d, %(name)s, %lld. A flag of a space is none here: "5 % of" is text.
std::size_t format_field(std::string_view text, std::size_t i) {
  if (at(text, i) != '%') return 0;
  std::size_t end = i + 1;
  if (at(text, end) == '(') {
    const std::size_t close = text.substr(0, std::min(text.size(), end + 64)).find(')', end);
    if (close == npos || !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(end) + 1,
                                      text.begin() + static_cast<std::ptrdiff_t>(close), is_word))
      return 0;
    end = close + 1;
  } else {
    std::size_t digits = end;
    while (is_digit(at(text, digits))) ++digits;
    if (digits > end && at(text, digits) == '$') end = digits + 1;
  }
  while (at(text, end) != '\0' && std::string_view("-+#0").find(text[end]) != npos) ++end;
  while (is_digit(at(text, end)) || at(text, end) == '*') ++end;
  if (at(text, end) == '.') {
    ++end;
    while (is_digit(at(text, end)) || at(text, end) == '*') ++end;
  }
  for (const std::string_view size : {"hh", "h", "ll", "l", "z", "j", "t", "q", "L"})
    if (text.substr(end).starts_with(size)) {
      end += size.size();
      break;
    }
  if (at(text, end) == '\0' || std::string_view("diouxXeEfFgGaAcspn@").find(text[end]) == npos) return 0;
  return is_word(at(text, end + 1)) ? 0 : end + 1 - i;
}

// <b>, </b>, <br/>, <a href="...">: a name, then nothing, a slash or something with an equals sign.
std::size_t tag(std::string_view text, std::size_t i) {
  constexpr std::size_t longest = 1000;
  if (at(text, i) != '<') return 0;
  std::size_t name = i + 1;
  if (at(text, name) == '/') ++name;
  if (!is_letter(at(text, name))) return 0;
  std::size_t end = name;
  while (is_word(at(text, end)) || at(text, end) == '-' || at(text, end) == ':' || at(text, end) == '.')
    ++end;
  const std::size_t close = text.substr(0, std::min(text.size(), i + longest)).find_first_of("<>", end);
  if (close == npos || text[close] != '>') return 0;
  const std::string_view rest = text.substr(end, close - end);
  const bool plain = rest.find_first_not_of(" \t/") == npos;
  return plain || (is_space(rest[0]) && rest.find('=') != npos) ? close + 1 - i : 0;
}

// &nbsp; &#160; &#xA0;
std::size_t entity(std::string_view text, std::size_t i) {
  constexpr std::size_t longest = 12;
  if (at(text, i) != '&') return 0;
  std::size_t end = i + 1;
  if (at(text, end) == '#') ++end;
  const std::size_t begin = end;
  while (end - begin < longest && (is_letter(at(text, end)) || is_digit(at(text, end)))) ++end;
  return end > begin && at(text, end) == ';' ? end + 1 - i : 0;
}

// Up to white space, a quote, an angle bracket or a character outside ASCII; what closes a sentence or a
// bracket that the address did not open is not part of it.
std::size_t web_address(std::string_view text, std::size_t i) {
  constexpr std::array<std::string_view, 4> beginnings{"https://", "http://", "ftp://", "www."};
  constexpr std::size_t longest = 2000;
  if (i > 0 && is_word(text[i - 1])) return 0;
  text = text.substr(0, std::min(text.size(), i + longest));
  std::size_t end = 0;
  for (const std::string_view beginning : beginnings)
    if (text.substr(i).starts_with(beginning)) end = i + beginning.size();
  if (end == 0) return 0;
  const std::size_t begin = end;
  while (end < text.size() && text[end] > ' ' && text[end] < '\x7f' &&
         std::string_view("\"<>`").find(text[end]) == npos)
    ++end;
  while (end > begin) {
    const char last = text[end - 1];
    const std::string_view inside = text.substr(begin, end - begin);
    const bool unopened = (last == ')' && inside.find('(') == npos) ||
                          (last == ']' && inside.find('[') == npos) ||
                          (last == '}' && inside.find('{') == npos);
    if (!unopened && std::string_view(".,;:!?'*").find(last) == npos) break;
    --end;
  }
  return end > begin ? end - i : 0;
}

bool in_local_part(char c) { return is_word(c) || c == '.' || c == '%' || c == '+' || c == '-'; }

// The e-mail address around the @ at i.
std::pair<std::size_t, std::size_t> mail_address(std::string_view text, std::size_t i) {
  constexpr std::size_t longest = 64;  // a local part, by RFC 5321
  std::size_t begin = i, end = i + 1;
  while (begin > 0 && i - begin < longest && in_local_part(text[begin - 1])) --begin;
  while (begin < i && text[begin] == '.') ++begin;
  while (is_letter(at(text, end)) || is_digit(at(text, end)) || at(text, end) == '-' || at(text, end) == '.')
    ++end;
  while (end > i + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  const std::string_view domain = text.substr(i + 1, end - i - 1);
  const std::size_t dot = domain.rfind('.');
  if (begin == i || dot == npos || dot == 0 || domain.size() - dot < 3) return {i, i};
  return {begin, end};
}

// From left to right without overlap: what begins first, of those the longest.
std::vector<TextSpan> apart(std::vector<TextSpan> spans) {
  std::sort(spans.begin(), spans.end(), [](const TextSpan& a, const TextSpan& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::vector<TextSpan> kept;
  for (const TextSpan& s : spans)
    if (kept.empty() || s.begin >= kept.back().end) kept.push_back(s);
  return kept;
}

}  // namespace

std::vector<TextSpan> usual_placeholders(std::string_view text) {
  std::vector<TextSpan> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t length = 0;
    switch (text[i]) {
      case '{':
      case '$':
      case '#':
        length = braces(text, i);
        break;
      case '%':
        length = std::max(braces(text, i), format_field(text, i));
        break;
      case '<':
        length = tag(text, i);
        break;
      case '&':
        length = entity(text, i);
        break;
      case 'h':
      case 'f':
      case 'w':
        length = web_address(text, i);
        break;
      case '@':
        if (const auto [begin, end] = mail_address(text, i); end > begin) found.push_back({begin, end});
        break;
      default:
        break;
    }
    if (length == 0) continue;
    found.push_back({i, i + length});
    i += length - 1;
  }
  return apart(std::move(found));
}

PlaceholderRules::PlaceholderRules(bool usual, const std::vector<std::string>& patterns) : usual_(usual) {
  for (const std::string& pattern : patterns) patterns_.emplace_back(pattern);
}

std::vector<TextSpan> PlaceholderRules::find(std::string_view text) const {
  std::vector<TextSpan> found;
  if (usual_) found = usual_placeholders(text);
  for (const Pattern& pattern : patterns_) {
    const auto more = pattern.find(text);
    found.insert(found.end(), more.begin(), more.end());
  }
  return apart(std::move(found));
}

}  // namespace regard
