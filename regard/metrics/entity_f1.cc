#include "regard/metrics/entity_f1.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

std::vector<std::string> tags_in(std::string_view line) {
  const std::string text = replace_invalid_utf8(line);
  const auto words = split_white_space(text);
  return {words.begin(), words.end()};
}

}  // namespace

std::vector<TaggedSpan> entities_in(std::string_view line, TagScheme scheme) {
  return spans_of(tags_in(line), scheme);
}

EntityF1::EntityF1(EntityOptions options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.types.size(); ++i) number_of_[options_.types[i]] = i;
}

std::size_t EntityF1::at(const std::string& type) const {
  const auto found = number_of_.find(type);
  if (found == number_of_.end())
    throw UsageError(
        fmt::format("entity-f1: found entities of type '{}', expected one that it was made for", type));
  return 3 * found->second;
}

void EntityF1::count(std::string_view hypothesis, std::span<const std::string_view> references,
                     std::span<double> statistics) const {
  if (references.size() != 1)
    throw UsageError(fmt::format("entity-f1: found {} references, expected one", references.size()));
  const auto said_tags = tags_in(hypothesis), expected_tags = tags_in(references[0]);
  if (said_tags.size() != expected_tags.size())
    throw InputError(fmt::format("entity-f1: found {} tags, expected {} as in the reference",
                                 said_tags.size(), expected_tags.size()));
  const auto said = spans_of(said_tags, options_.scheme);
  const auto expected = spans_of(expected_tags, options_.scheme);
  std::fill(statistics.begin(), statistics.end(), 0);
  for (const TaggedSpan& entity : said) {
    const std::size_t type = at(entity.label);
    ++statistics[type + 1];
    if (std::find(expected.begin(), expected.end(), entity) != expected.end()) ++statistics[type];
  }
  for (const TaggedSpan& entity : expected) ++statistics[at(entity.label) + 2];
}

double EntityF1::score(std::span<const double> sums) const {
  return 100 * averaged(found_in(sums), options_.average).f1;
}

Json EntityF1::parts(std::span<const double> sums) const {
  return class_scores(found_in(sums), options_.types);
}

std::string EntityF1::settings() const {
  static constexpr const char* schemes[] = {"any", "iob1", "iob2", "bioes", "bilou", "plain"};
  return fmt::format("average:{}|scheme:{}", average_names()[static_cast<std::size_t>(options_.average)],
                     schemes[static_cast<std::size_t>(options_.scheme)]);
}

}  // namespace regard
