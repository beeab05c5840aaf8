#include "regard/metrics/porter_stemmer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace regard {
namespace {

struct Irregular {
  std::string_view word, stem;
};
constexpr std::array irregular{
    Irregular{"sky", "sky"},         Irregular{"skies", "sky"},        Irregular{"dying", "die"},
    Irregular{"lying", "lie"},       Irregular{"tying", "tie"},        Irregular{"news", "news"},
    Irregular{"innings", "inning"},  Irregular{"inning", "inning"},    Irregular{"outings", "outing"},
    Irregular{"outing", "outing"},   Irregular{"cannings", "canning"}, Irregular{"canning", "canning"},
    Irregular{"howe", "howe"},       Irregular{"proceed", "proceed"},  Irregular{"exceed", "exceed"},
    Irregular{"succeed", "succeed"},
};

bool is_one_of(char letter, std::string_view letters) { return letters.find(letter) != letters.npos; }

// A y is a consonant at the beginning and behind a vowel.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> is(word.size());
  for (std::size_t i = 0; i < word.size(); ++i)
    is[i] = word[i] == 'y' ? i == 0 || !is[i - 1] : !is_one_of(word[i], "aeiou");
  return is;
}

// How often a consonant follows a vowel: the paper's m.
int measure(std::string_view stem) {
  const std::vector<bool> is = consonants(stem);
  int count = 0;
  for (std::size_t i = 1; i < is.size(); ++i) count += is[i] && !is[i - 1] ? 1 : 0;
  return count;
}

bool has_vowel(std::string_view stem) {
  const std::vector<bool> is = consonants(stem);
  return std::find(is.begin(), is.end(), false) != is.end();
}

// The paper's *d.
bool ends_in_double_consonant(std::string_view word) {
  return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

// The paper's *o; NLTK: also a word that is a vowel and a consonant.
bool ends_short(std::string_view word) {
  const std::vector<bool> is = consonants(word);
  const std::size_t n = word.size();
  if (n == 2) return !is[0] && is[1];
  return n >= 3 && is[n - 3] && !is[n - 2] && is[n - 1] && !is_one_of(word.back(), "wxy");
}

struct Rule {
  std::string_view ending, instead;
  int more_than = 0;  // measure of what stands before the ending
};

// The first rule whose ending the word has decides, also where its condition fails.
std::string apply(std::string_view word, std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.ending)) continue;
    const std::string_view stem = word.substr(0, word.size() - rule.ending.size());
    if (measure(stem) <= rule.more_than) break;
    return std::string(stem) + std::string(rule.instead);
  }
  return std::string(word);
}

std::string without(std::string_view word, std::size_t letters, std::string_view instead = "") {
  return std::string(word.substr(0, word.size() - letters)) + std::string(instead);
}

std::string plural(const std::string& word) {
  if (word.ends_with("sses")) return without(word, 2);
  if (word.ends_with("ies")) return without(word, word.size() == 4 ? 1 : 2);
  if (word.ends_with("ss") || !word.ends_with('s')) return word;
  return without(word, 1);
}

std::string past_or_progressive(const std::string& word) {
  if (word.ends_with("ied")) return without(word, word.size() == 4 ? 1 : 2);
  if (word.ends_with("eed")) return measure(without(word, 3)) > 0 ? without(word, 1) : word;
  std::string stem;
  if (word.ends_with("ed")) stem = without(word, 2);
  if (word.ends_with("ing")) stem = without(word, 3);
  if (!has_vowel(stem)) return word;
  for (const std::string_view ending : {"at", "bl", "iz"})
    if (stem.ends_with(ending)) return stem + "e";
  if (ends_in_double_consonant(stem)) return is_one_of(stem.back(), "lsz") ? stem : without(stem, 1);
  return measure(stem) == 1 && ends_short(stem) ? stem + "e" : stem;
}

std::string final_y(const std::string& word) {
  const std::size_t n = word.size();
  if (word.ends_with('y') && n > 2 && consonants(word)[n - 2]) return without(word, 1, "i");
  return word;
}

std::string double_suffix(const std::string& word) {
  static constexpr std::array rules{Rule{"ational", "ate"}, Rule{"tional", "tion"}, Rule{"enci", "ence"},
                                    Rule{"anci", "ance"},   Rule{"izer", "ize"},    Rule{"bli", "ble"},
                                    Rule{"alli", "al"},     Rule{"entli", "ent"},   Rule{"eli", "e"},
                                    Rule{"ousli", "ous"},   Rule{"ization", "ize"}, Rule{"ation", "ate"},
                                    Rule{"ator", "ate"},    Rule{"alism", "al"},    Rule{"iveness", "ive"},
                                    Rule{"fulness", "ful"}, Rule{"ousness", "ous"}, Rule{"aliti", "al"},
                                    Rule{"iviti", "ive"},   Rule{"biliti", "ble"},  Rule{"fulli", "ful"}};
  if (word.ends_with("alli") && measure(without(word, 4)) > 0) return double_suffix(without(word, 2));
  // The measure of "logi" counts its l.
  if (word.ends_with("logi")) return measure(without(word, 3)) > 0 ? without(word, 1) : word;
  return apply(word, rules);
}

std::string third_suffix(const std::string& word) {
  static constexpr std::array rules{Rule{"icate", "ic"}, Rule{"ative", ""},  Rule{"alize", "al"},
                                    Rule{"iciti", "ic"}, Rule{"ical", "ic"}, Rule{"ful", ""},
                                    Rule{"ness", ""}};
  return apply(word, rules);
}

std::string last_suffix(const std::string& word) {
  static constexpr std::array rules{Rule{"al", "", 1},   Rule{"ance", "", 1}, Rule{"ence", "", 1},
                                    Rule{"er", "", 1},   Rule{"ic", "", 1},   Rule{"able", "", 1},
                                    Rule{"ible", "", 1}, Rule{"ant", "", 1},  Rule{"ement", "", 1},
                                    Rule{"ment", "", 1}, Rule{"ent", "", 1},  Rule{"ou", "", 1},
                                    Rule{"ism", "", 1},  Rule{"ate", "", 1},  Rule{"iti", "", 1},
                                    Rule{"ous", "", 1},  Rule{"ive", "", 1},  Rule{"ize", "", 1}};
  // The s or t before "ion" belongs to what is measured.
  if (word.ends_with("sion") || word.ends_with("tion"))
    return measure(without(word, 3)) > 1 ? without(word, 3) : word;
  return apply(word, rules);
}

std::string final_e_and_double_l(std::string word) {
  if (word.ends_with('e')) {
    const std::string stem = without(word, 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_short(stem))) word = stem;
  }
  if (word.ends_with("ll") && measure(without(word, 1)) > 1) word.pop_back();
  return word;
}

}  // namespace

std::string porter_stem(std::string_view word) {
  for (const Irregular& one : irregular)
    if (word == one.word) return std::string(one.stem);
  if (word.size() <= 2) return std::string(word);
  std::string stem = past_or_progressive(plural(std::string(word)));
  return final_e_and_double_l(last_suffix(third_suffix(double_suffix(final_y(stem)))));
}

}  // namespace regard
