#include "regard/metrics/metric.h"

#include <fmt/format.h>

#include <algorithm>

#include "regard/base/error.h"
#include "regard/base/version.h"

namespace regard {

std::string signature_of(const Metric& metric, const SignatureOptions& options) {
  std::string text = fmt::format("nrefs:{}", options.references);
  if (options.resamples) text += fmt::format("|bs:{}", *options.resamples);
  if (options.trials) text += fmt::format("|ar:{}", *options.trials);
  if (options.resamples || options.trials) text += fmt::format("|seed:{}", options.seed);
  return fmt::format("{}|{}|version:regard-{}", text, metric.settings(), version());
}

std::vector<double> SegmentStatistics::sums() const {
  std::vector<double> total(width);
  for (std::size_t i = 0; i < rows.size(); ++i) total[i % width] += rows[i];
  return total;
}

SegmentStatistics count_segments(const Metric& metric, const Segments& segments, const ThreadPool* threads) {
  const std::size_t count = segments.hypotheses.size();
  if (segments.references.empty())
    throw UsageError(fmt::format("{}: found no reference, expected at least one", metric.name()));
  for (std::size_t r = 0; r < segments.references.size(); ++r) {
    if (segments.references[r].size() != count)
      throw InputError(fmt::format("{}: found {} lines in reference {}, expected {} as in the hypotheses",
                                   metric.name(), segments.references[r].size(), r + 1, count));
  }
  SegmentStatistics made{metric.width(), std::vector<double>(count * metric.width())};
  constexpr std::size_t chunk = 16;
  const auto run = [&](std::int64_t c) {
    const std::size_t begin = static_cast<std::size_t>(c) * chunk;
    std::vector<std::string_view> references(segments.references.size());
    for (std::size_t i = begin; i < std::min(count, begin + chunk); ++i) {
      for (std::size_t r = 0; r < references.size(); ++r) references[r] = segments.references[r][i];
      metric.count(segments.hypotheses[i], references,
                   std::span(made.rows).subspan(i * made.width, made.width));
    }
  };
  const auto chunks = static_cast<std::int64_t>((count + chunk - 1) / chunk);
  if (threads != nullptr) {
    threads->run(chunks, run);
  } else {
    for (std::int64_t c = 0; c < chunks; ++c) run(c);
  }
  return made;
}

double corpus_score(const Metric& metric, const Segments& segments, const ThreadPool* threads) {
  return metric.score(count_segments(metric, segments, threads).sums());
}

}  // namespace regard
