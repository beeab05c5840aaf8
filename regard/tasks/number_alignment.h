#pragma once

#include <cstdint>
#include <span>

#include "regard/tasks/translate.h"

namespace regard::tasks {

// How well a model of the demonstration shows by its attention which number word belongs to which character:
// the alignment error rate of these numbers against aligned_number(). The model is made to say the right
// translation, so that what is measured is where it looks, and a token's link is that of all words and
// characters it has a part of.
AlignmentScore number_alignment(const Translator& translator, std::span<const std::int64_t> numbers,
                                const StepOptions& step, const explain::AlignmentChoice& choice = {});

}  // namespace regard::tasks
