#include "regard/metrics/punctuation.h"

#include <fmt/format.h>

#include "regard/text/clean_up.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool stop_or_comma(char c) { return c == '.' || c == ','; }

bool always_apart(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// The rules look at pairs of characters from left to right without overlap, as a regular expression would.
template <class Match, class Write>
std::string rewrite_pairs(const std::string& text, Match&& match, Write&& write) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    if (i + 1 < text.size() && match(text[i], text[i + 1])) {
      write(out, text[i], text[i + 1]);
      i += 2;
    } else {
      out += text[i++];
    }
  }
  return out;
}

}  // namespace

void unescape_entities(std::string& text) {
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&amp;", "&");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
}

std::string set_punctuation_apart(std::string_view text) {
  std::string apart;
  apart.reserve(text.size() + 16);
  for (const char c : text) {
    if (always_apart(c)) {
      apart += ' ';
      apart += c;
      apart += ' ';
    } else {
      apart += c;
    }
  }
  return apart;
}

std::string set_stops_and_dashes_apart(const std::string& text) {
  const auto blank_between_and_behind = [](std::string& out, char a, char b) {
    for (const char c : {a, ' ', b, ' '}) out += c;
  };
  std::string apart = rewrite_pairs(
      text, [](char a, char b) { return !digit(a) && stop_or_comma(b); }, blank_between_and_behind);
  apart = rewrite_pairs(
      apart, [](char a, char b) { return stop_or_comma(a) && !digit(b); },
      [](std::string& out, char a, char b) {
        for (const char c : {' ', a, ' ', b}) out += c;
      });
  return rewrite_pairs(
      apart, [](char a, char b) { return digit(a) && b == '-'; }, blank_between_and_behind);
}

std::string with_single_spaces(std::string_view text) {
  return fmt::format("{}", fmt::join(split_white_space(text), " "));
}

}  // namespace regard
