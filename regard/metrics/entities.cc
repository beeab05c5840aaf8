#include "regard/metrics/entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "regard/base/error.h"
#include "regard/base/suggest.h"

namespace regard {
namespace {

struct Tag {
  char prefix = 'O';
  std::string_view label = "_";
};

Tag tag_of(std::string_view text) {
  if (text.empty()) return {};
  std::string_view label = text.substr(1);
  if (const std::size_t dash = label.find('-'); dash != std::string_view::npos) label.remove_prefix(dash + 1);
  return {text.front(), label.empty() ? "_" : label};
}

// Rows are "previous prefix, prefix, relation of their labels": = the same, ! different, * either; ? is any
// prefix. A word starts an entity, goes on with it, or (the word behind an entity) ends it where a row fits.
using Rows = std::span<const std::string_view>;
struct StrictScheme {
  std::string_view prefixes;
  Rows starts, inside, ends;
};

constexpr std::array<std::string_view, 5> iob1_starts{"OI*", "II!", "BI*", "IB=", "BB="};
constexpr std::array<std::string_view, 2> iob_inside{"BI=", "II="};
constexpr std::array<std::string_view, 6> iob1_ends{"II!", "IO*", "IB*", "BO*", "BI!", "BB="};
constexpr std::array<std::string_view, 1> iob2_starts{"?B*"};
constexpr std::array<std::string_view, 6> iob2_ends{"II!", "IO*", "IB*", "BO*", "BI!", "BB*"};
constexpr std::array<std::string_view, 2> bioes_starts{"?B*", "?S*"};
constexpr std::array<std::string_view, 4> bioes_inside{"BI=", "BE=", "II=", "IE="};
constexpr std::array<std::string_view, 2> bioes_ends{"S?*", "E?*"};
constexpr std::array<std::string_view, 2> bilou_starts{"?B*", "?U*"};
constexpr std::array<std::string_view, 4> bilou_inside{"BI=", "BL=", "II=", "IL="};
constexpr std::array<std::string_view, 2> bilou_ends{"U?*", "L?*"};

StrictScheme strict(TagScheme scheme) {
  switch (scheme) {
    case TagScheme::iob1:
      return {"IOB", iob1_starts, iob_inside, iob1_ends};
    case TagScheme::bioes:
      return {"BIOES", bioes_starts, bioes_inside, bioes_ends};
    case TagScheme::bilou:
      return {"BILOU", bilou_starts, bilou_inside, bilou_ends};
    default:
      return {"IOB", iob2_starts, iob_inside, iob2_ends};
  }
}

bool fits(Rows rows, const Tag& before, const Tag& now) {
  return std::any_of(rows.begin(), rows.end(), [&](std::string_view row) {
    const bool same = before.label == now.label;
    return (row[0] == '?' || row[0] == before.prefix) && (row[1] == '?' || row[1] == now.prefix) &&
           (row[2] == '*' || same == (row[2] == '='));
  });
}

std::vector<TaggedSpan> strict_spans(const std::vector<Tag>& tags, const StrictScheme& scheme) {
  std::vector<TaggedSpan> spans;
  const auto at = [&](std::size_t i) { return i < tags.size() ? tags[i] : Tag(); };  // behind the last: O
  for (std::size_t i = 0; i < tags.size();) {
    if (!fits(scheme.starts, i == 0 ? Tag() : tags[i - 1], tags[i])) {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < tags.size() && fits(scheme.inside, tags[end - 1], tags[end])) ++end;
    if (fits(scheme.ends, tags[end - 1], at(end))) spans.push_back({std::string(tags[i].label), i, end});
    i = end;
  }
  return spans;
}

std::vector<TaggedSpan> lenient_spans(const std::vector<Tag>& tags) {
  std::vector<TaggedSpan> spans;
  Tag before;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const Tag& now = tags[i];
    const auto one_of = [](char prefix, std::string_view set) { return set.find(prefix) != set.npos; };
    if (!one_of(now.prefix, "O.")) {
      const bool begins =
          one_of(now.prefix, "BS") || one_of(before.prefix, "O.ES") || before.label != now.label;
      if (begins)
        spans.push_back({std::string(now.label), i, i + 1});
      else
        spans.back().end = i + 1;
    }
    before = now;
  }
  return spans;
}

std::vector<TaggedSpan> plain_spans(std::span<const std::string> tags) {
  std::vector<TaggedSpan> spans;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i] == "O") continue;
    if (!spans.empty() && spans.back().end == i && spans.back().label == tags[i])
      spans.back().end = i + 1;
    else
      spans.push_back({tags[i], i, i + 1});
  }
  return spans;
}

}  // namespace

TagScheme tag_scheme(std::string_view name) {
  const std::vector<std::string> names{"any", "iob1", "iob2", "bioes", "bilou", "plain"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw UsageError(fmt::format("a scheme of tags: found '{}', expected {}{}", name, fmt::join(names, ", "),
                                 did_you_mean(std::string(name), names)));
  return static_cast<TagScheme>(found - names.begin());
}

std::vector<TaggedSpan> spans_of(std::span<const std::string> tags, TagScheme scheme) {
  if (scheme == TagScheme::plain) return plain_spans(tags);
  std::vector<Tag> parsed;
  for (const std::string& tag : tags) parsed.push_back(tag_of(tag));
  if (scheme == TagScheme::any) return lenient_spans(parsed);
  const StrictScheme rules = strict(scheme);
  for (std::size_t i = 0; i < parsed.size(); ++i)
    if (rules.prefixes.find(parsed[i].prefix) == std::string_view::npos)
      throw InputError(
          fmt::format("found the tag \"{}\", expected one that begins with one of the letters {}", tags[i],
                      rules.prefixes));
  return strict_spans(parsed, rules);
}

bool have_prefixes(std::span<const std::string> tags) {
  bool any = false;
  for (const std::string& tag : tags) {
    if (tag == "O") continue;
    const bool prefixed = !tag.empty() && std::string_view("BIESLU").find(tag[0]) != std::string_view::npos &&
                          (tag.size() == 1 || (tag.size() > 2 && tag[1] == '-'));
    if (!prefixed) return false;
    any = true;
  }
  return any;
}

std::vector<std::string> lenient_tags(std::vector<std::string> tags) {
  const auto has = [&](char prefix) {
    return std::any_of(tags.begin(), tags.end(),
                       [&](const std::string& tag) { return !tag.empty() && tag[0] == prefix; });
  };
  if (!have_prefixes(tags) || has('E') || has('S')) return tags;
  for (std::string& tag : tags) {
    if (tag[0] == 'L') tag[0] = 'E';
    if (tag[0] == 'U') tag[0] = 'S';
  }
  return tags;
}

}  // namespace regard
