#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "regard/base/json.h"
#include "regard/nn/parameters.h"

namespace regard::train {

// Parameters that are trained in another way than the rest.
struct ParameterGroup {
  std::vector<std::string> match;      // patterns of names: * stands for any characters, ? for one
  double learning_rate_scale = 1;      // 0: they stay as they are
  std::optional<double> weight_decay;  // in place of the run's, and of the 0 of biases and norms
};

// The groups of the setting param_groups:
//   [{"match": "model.encoder.*", "learning_rate_scale": 0.1, "weight_decay": 0}, {"match": ["*a*", "b"]}]
// UsageError says which key is not as it must be.
std::vector<ParameterGroup> parse_parameter_groups(const Json& groups);

// How one parameter is trained.
struct Treatment {
  double learning_rate_scale = 1;
  double weight_decay = 0;
  bool trained() const { return learning_rate_scale != 0; }
};

// The treatment of each parameter, in their order: that of the first group that matches its name, else the
// run's weight decay, which biases and norms (one axis, or "bias" in the name) have none of. Constants are
// not trained. UsageError names a pattern that matches no trained parameter, and refuses to train none.
struct GroupRules {
  std::vector<ParameterGroup> groups;
  double weight_decay = 0;
};
std::vector<Treatment> treatments(const nn::Parameters& parameters, const GroupRules& rules);

}  // namespace regard::train
