#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "regard/explain/attention_maps.h"
#include "regard/explain/named_values.h"

namespace regard::explain {

// How a head compares: queries and keys as they are multiplied (rotated, of unit length where the model has
// them so), and what the softmax makes of them: weight = exp(score - log_sum).
struct HeadNeurons {
  AttentionName name;
  std::int64_t head = 0, rows = 0, keys = 0, width = 0;  // T, S, D
  double scale = 1;
  std::vector<float> queries;   // [T,D]
  std::vector<float> key_rows;  // [S,D]
  std::vector<float> products;  // [T,S]: scale * q . k
  std::vector<float> scores;    // [T,S]: with what else counts (distance, a cap); -infinity: not seen
  std::vector<float> log_sums;  // [T]
  double weight(std::int64_t t, std::int64_t s) const;
};

// Reads them in a pass over one input, of the heads that choices name: "encoder.block.3.attention:heads=2,5",
// where * stands for any run of characters and no heads for all.
class NeuronReader final : public Probe {
 public:
  static constexpr std::int64_t most_numbers = std::int64_t{1} << 22;

  // UsageError where a choice names rows: a query is compared with all keys.
  explicit NeuronReader(std::vector<ValueChoice> choices);

  bool wants(const std::string& name) override;
  // UsageError: a head that there is not, or more than most_numbers in all.
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override;
  ProbedPart part(const std::string& name) override;
  // UsageError that names the choice which no attention of the passes so far matched.
  void check_found() const;

  std::vector<HeadNeurons> heads;

 private:
  std::vector<std::int64_t> chosen(const std::string& attention, std::int64_t H) const;
  void check_size(const std::string& attention);
  void take(const std::string& attention);

  std::vector<ValueChoice> choices_;
  std::vector<bool> found_;
  std::vector<std::string> names_;      // offered
  std::map<std::string, Tensor> seen_;  // of the attention being read, by the last part of their names
  std::int64_t numbers_ = 0;
};

}  // namespace regard::explain
