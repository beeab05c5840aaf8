#include <fmt/format.h>

#include <functional>
#include <map>

#include "regard/base/error.h"
#include "regard/cli/evaluate_command.h"
#include "regard/cli/interrupt.h"
#include "regard/metrics/correlation.h"
#include "regard/metrics/resampling.h"
#include "regard/tasks/embed.h"
#include "regard/tasks/similarity_examples.h"
#include "regard/tasks/similarity_scores.h"

// Models that make vectors of texts.

namespace regard::cli {
namespace {

using Vectors = std::map<std::string_view, std::vector<float>>;  // of length one, by text

Vectors vectors_of(const std::vector<tasks::ComparedTexts>& pairs, const EvaluateCommand& command,
                   Console& console) {
  Vectors vectors;
  for (const tasks::ComparedTexts& pair : pairs)
    for (const std::string_view text : pair.parts()) vectors[text];
  std::vector<std::string> texts;
  for (const auto& [text, vector] : vectors) texts.emplace_back(text);
  const tasks::EmbedOptions how{.batch_size = command.batch_size, .cancelled = interrupted};
  auto found = tasks::Embedder::load(command.model).embed(texts, console.step_options(), how);
  std::size_t i = 0;
  for (auto& [text, vector] : vectors) {
    vector = std::move(found[i++]);
    tasks::normalize(vector);
  }
  return vectors;
}

tasks::ScoredCosines cosines_of(const std::vector<tasks::ComparedTexts>& pairs, const Vectors& vectors) {
  tasks::ScoredCosines all;
  for (const tasks::ComparedTexts& pair : pairs) {
    const std::vector<float>&a = vectors.at(pair.text), &b = vectors.at(pair.second);
    double cosine = 0;
    for (std::size_t c = 0; c < a.size(); ++c)
      cosine += static_cast<double>(a[c]) * static_cast<double>(b[c]);
    all.cosines.push_back(cosine);
    all.scores.push_back(*pair.score);
  }
  return all;
}

tasks::Retrieval retrieval_of(const std::vector<tasks::ComparedTexts>& pairs, const Vectors& vectors) {
  tasks::Retrieval all;
  std::map<std::string_view, std::size_t> numbers;  // of the candidates
  const auto candidate = [&](std::string_view text) {
    const auto [place, fresh] = numbers.try_emplace(text, numbers.size());
    const std::vector<float>& vector = vectors.at(text);
    if (fresh) all.candidates.insert(all.candidates.end(), vector.begin(), vector.end());
    return place->second;
  };
  for (const tasks::ComparedTexts& pair : pairs) {
    const std::vector<float>& query = vectors.at(pair.text);
    all.width = query.size();
    all.queries.insert(all.queries.end(), query.begin(), query.end());
    all.own.push_back(candidate(pair.second));
    if (pair.negative) candidate(*pair.negative);
  }
  return all;
}

// A score by its name for the items drawn.
using Measure = std::function<double(const std::string& name, std::span<const std::size_t> items)>;

void print(const Json& scores, const Measure& measure, const EvaluateCommand& command, Console& console) {
  const std::size_t items = scores["pairs"].get<std::size_t>();
  Json metrics = Json::object();
  for (const auto& [name, score] : scores["metrics"].items()) {
    const std::string key = name;  // clang 14 captures no bindings
    Json one{{"score", score}};
    std::string interval;
    if (command.confidence) {
      const auto of = [&](std::span<const std::size_t> drawn) { return measure(key, drawn); };
      const Confidence c = confidence_of(bootstrap_scores(items, of, {.threads = &console.threads()}));
      one["confidence"] = {{"low", c.low}, {"mid", c.median}, {"high", c.high}};
      interval = fmt::format(" ({:.2f} ± {:.2f})", c.mean, c.half_width());
    }
    if (!console.json()) console.out().line(fmt::format("{} {:.2f}{}", key, score.get<double>(), interval));
    metrics[key] = std::move(one);
  }
  if (console.json())
    console.out().line(to_line({{"task", command.task}, {"segments", items}, {"metrics", metrics}}));
}

}  // namespace

void evaluate_feature_extraction(const EvaluateCommand& command, Console& console) {
  refuse_decoding(command);
  refuse_option(!command.metrics.empty(), command, "--metric");
  refuse_option(command.report, command, "--report");
  refuse_option(!command.output.empty(), command, "--output");
  data::RecordFormat format = tasks::similarity_format();
  data::set_columns(format, command.columns);
  tasks::BadExamples bad(false);
  const std::vector<tasks::ComparedTexts> pairs =
      tasks::read_compared_texts({command.files.begin(), command.files.end()}, format, bad, interrupted);
  const Vectors vectors = vectors_of(pairs, command, console);
  if (pairs.front().score) {
    const tasks::ScoredCosines found = cosines_of(pairs, vectors);
    const auto measure = [&](const std::string& name, std::span<const std::size_t> items) {
      tasks::ScoredCosines drawn;
      for (const std::size_t i : items) {
        drawn.cosines.push_back(found.cosines[i]);
        drawn.scores.push_back(found.scores[i]);
      }
      return tasks::similarity_scores(drawn)[name].get<double>();
    };
    return print({{"pairs", pairs.size()}, {"metrics", tasks::similarity_scores(found)}}, measure, command,
                 console);
  }
  const std::vector<std::size_t> ranks =
      tasks::ranks_of(retrieval_of(pairs, vectors), console.step_options());
  const auto measure = [&](const std::string& name, std::span<const std::size_t> items) {
    std::vector<std::size_t> drawn;
    for (const std::size_t i : items) drawn.push_back(ranks[i]);
    return tasks::retrieval_scores(drawn)[name].get<double>();
  };
  print({{"pairs", pairs.size()}, {"metrics", tasks::retrieval_scores(ranks)}}, measure, command, console);
}

}  // namespace regard::cli
