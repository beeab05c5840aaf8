#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "regard/metrics/classification.h"
#include "regard/metrics/entities.h"
#include "regard/metrics/metric.h"

namespace regard {

struct EntityOptions {
  TagScheme scheme = TagScheme::any;
  Average average = Average::micro;     // over all entities, over types, over types by how many there are
  std::vector<std::string> types = {};  // all that occur, without repetition
};

// Of the entities that tags make: found where type and both ends are right (Tjong Kim Sang and De Meulder
// 2003, as seqeval computes it). A segment is the tags of a sentence, separated by white space. Rows are
// [right, predicted, expected] for each type. InputError: the sides have different numbers of tags, or tags
// that the scheme does not have; UsageError: several references, or a type that is not in `types`.
class EntityF1 final : public Metric {
 public:
  explicit EntityF1(EntityOptions options);

  std::string name() const override { return "entity-f1"; }
  std::size_t width() const override { return 3 * options_.types.size(); }
  void count(std::string_view hypothesis, std::span<const std::string_view> references,
             std::span<double> statistics) const override;
  double score(std::span<const double> sums) const override;
  Json parts(std::span<const double> sums) const override;  // all averages, and each type
  std::string settings() const override;

 private:
  std::size_t at(const std::string& type) const;

  EntityOptions options_;
  std::map<std::string, std::size_t> number_of_;
};

// The entities of a line of tags.
std::vector<TaggedSpan> entities_in(std::string_view line, TagScheme scheme);

}  // namespace regard
