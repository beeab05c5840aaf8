#pragma once

#include <string_view>

#include "regard/models/text_encoder.h"

// What heads are called in config.json.

namespace regard::models {

// How the class of a usual head ends, e.g. "ForTokenClassification"; not of HeadKind::replaced.
std::string_view class_ending(HeadKind kind);
// `problem_type`: "regression"; not of ProblemType::unsaid.
std::string_view problem_name(ProblemType problem);

}  // namespace regard::models
