#pragma once

#include <span>
#include <vector>

#include "regard/metrics/resampling.h"

// How numbers go together: for regression, as scipy computes it.

namespace regard {

// Numbers side by side, as many of the one as of the other.
struct NumberPairs {
  std::span<const double> predicted, expected;
};

// Of linear dependence and of ranks, -1 to 1; 0 where one side is constant.
double pearson_correlation(const NumberPairs& pairs);
double spearman_correlation(const NumberPairs& pairs);
// Ranks from 1 on; equal numbers share the mean of theirs.
std::vector<double> ranks_of(std::span<const double> numbers);

double mean_squared_error(const NumberPairs& pairs);
double mean_absolute_error(const NumberPairs& pairs);

// A measure of as many pairs drawn with replacement as there are, `count` times. Ranks are those among the
// pairs drawn.
std::vector<double> bootstrap_pairs(const NumberPairs& pairs, double (*measure)(const NumberPairs&),
                                    const ResamplingOptions& options);

}  // namespace regard
