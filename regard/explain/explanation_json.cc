#include <bit>
#include <cmath>

#include "regard/base/base64.h"
#include "regard/explain/explanation.h"

namespace regard::explain {
namespace {

Json rows_json(const std::vector<double>& values, std::size_t columns) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % columns == 0) rows.push_back(Json::array());
    rows.back().push_back(values[i]);
  }
  return rows;
}

Json matrix_json(const Matrix& m) { return rows_json(m.values, std::max<std::size_t>(1, m.columns)); }

Json layer_json(const LayerWeights& layer, JsonAttention form) {
  Json json{{"part", name_of(layer.name.part)},
            {"layer", layer.name.layer},
            {"heads", layer.heads},
            {"rows", layer.rows},
            {"keys", layer.keys},
            {"figures", Json::array()}};
  for (const HeadFigures& f : layer.figures) json["figures"].push_back(to_json(f));
  if (form == JsonAttention::bytes) json["bytes"] = base64(layer.weights);
  if (form != JsonAttention::lists) return json;
  Json heads = Json::array();
  for (std::int64_t h = 0; h < layer.heads; ++h) {
    std::vector<double> values;
    for (std::int64_t t = 0; t < layer.rows; ++t)
      for (std::int64_t s = 0; s < layer.keys; ++s)
        values.push_back(std::round(layer.at(h, t, s) * 1e4) / 1e4);
    heads.push_back(rows_json(values, static_cast<std::size_t>(std::max<std::int64_t>(1, layer.keys))));
  }
  json["weights"] = std::move(heads);
  return json;
}

// Six digits, which are those of an f32.
double rounded(double x) {
  if (x == 0 || !std::isfinite(x)) return x;
  const double unit = std::pow(10, 5 - std::floor(std::log10(std::fabs(x))));
  return std::isfinite(unit) ? std::round(x * unit) / unit : x;
}
Json numbers_json(const std::vector<float>& values, std::int64_t columns) {
  std::vector<double> shown;
  shown.reserve(values.size());
  for (const float x : values) shown.push_back(rounded(static_cast<double>(x)));
  return rows_json(shown, static_cast<std::size_t>(std::max<std::int64_t>(1, columns)));
}

std::string floats_base64(const std::vector<float>& values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(4 * values.size());
  for (const float x : values)
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(x) >> shift));
  return base64(bytes);
}
// {"most", "bytes"}: a byte is the share of the greatest that its value is, in 127ths.
Json quantized_json(const std::vector<float>& values) {
  float most = 0;
  for (const float x : values) most = std::max(most, std::isfinite(x) ? std::fabs(x) : 0);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size());
  for (const float x : values)
    bytes.push_back(static_cast<std::uint8_t>(
        most > 0 && std::isfinite(x) ? std::lround(127.0 * static_cast<double>(x) / static_cast<double>(most))
                                     : 0));
  return {{"most", rounded(static_cast<double>(most))}, {"bytes", base64(bytes)}};
}

Json neurons_json(const HeadNeurons& head, JsonAttention form) {
  Json json{{"part", name_of(head.name.part)},
            {"layer", head.name.layer},
            {"head", head.head},
            {"scale", rounded(head.scale)}};
  if (form == JsonAttention::bytes) {
    json["rows"] = head.rows;
    json["keys"] = head.keys;
    json["width"] = head.width;
    json["q"] = quantized_json(head.queries);
    json["k"] = quantized_json(head.key_rows);
    json["products"] = floats_base64(head.products);
    json["scores"] = floats_base64(head.scores);
    json["log_sums"] = floats_base64(head.log_sums);
    return json;
  }
  json["queries"] = numbers_json(head.queries, head.width);
  json["keys"] = numbers_json(head.key_rows, head.width);
  json["products"] = numbers_json(head.products, head.keys);
  json["scores"] = numbers_json(head.scores, head.keys);
  std::vector<float> weights;
  for (std::int64_t t = 0; t < head.rows; ++t)
    for (std::int64_t s = 0; s < head.keys; ++s) weights.push_back(static_cast<float>(head.weight(t, s)));
  json["weights"] = numbers_json(weights, head.keys);
  return json;
}

Json candidates_json(const std::vector<NamedCandidate>& candidates) {
  Json list = Json::array();
  for (const NamedCandidate& c : candidates) list.push_back({{"text", c.text}, {"score", c.probability}});
  return list;
}

Json attribution_json(const Attribution& a) {
  Json json{{"method", name_of(a.method)}, {"scores", a.scores}, {"value", a.value}};
  if (a.method == Method::integrated_gradients) {
    json["baseline_value"] = a.baseline_value;
    json["completeness_error"] = a.completeness_error;
  }
  return json;
}

Json faithfulness_json(const Faithfulness& f) {
  return {{"fractions", f.fractions},           {"deletion", f.deletion},
          {"insertion", f.insertion},           {"deletion_area", f.deletion_area},
          {"insertion_area", f.insertion_area}, {"comprehensiveness", f.comprehensiveness},
          {"sufficiency", f.sufficiency}};
}

Json answer_json(const ExplainedAnswer& answer) {
  Json json{{"text", answer.text},
            {"about", answer.about},
            {"row", answer.quantity.terms.front().row},
            {"measure", answer.quantity.measure == Quantity::Measure::logit ? "logit" : "log-probability"},
            {"value", answer.value},
            {"score", answer.probability},
            {"candidates", candidates_json(answer.candidates)},
            {"attributions", Json::array()}};
  if (!answer.contrast.empty()) json["contrast"] = answer.contrast;
  for (std::size_t i = 0; i < answer.attributions.size(); ++i) {
    json["attributions"].push_back(attribution_json(answer.attributions[i]));
    if (i < answer.faithfulness.size())
      json["attributions"].back()["faithfulness"] = faithfulness_json(answer.faithfulness[i]);
  }
  if (answer.changed)
    json["changed"] = {{"value", answer.changed->value},
                       {"score", answer.changed->probability},
                       {"candidates", candidates_json(answer.changed->candidates)}};
  for (const LensLayer& layer : answer.lens)
    json["lens"].push_back({{"score", layer.probability}, {"candidates", candidates_json(layer.best)}});
  for (const HeadImportance& layer : answer.importance)
    json["importance"].push_back(
        {{"part", name_of(layer.name.part)}, {"layer", layer.name.layer}, {"heads", layer.heads}});
  if (answer.direct) {
    Json& direct = json["direct"];
    direct = {
        {"embedding", answer.direct->embedding}, {"rest", answer.direct->rest}, {"blocks", Json::array()}};
    for (const DirectPart& part : answer.direct->blocks)
      direct["blocks"].push_back(
          {{"heads", part.heads}, {"attention", part.attention}, {"feed_forward", part.feed_forward}});
  }
  return json;
}

Json side_json(const TokenSide& side) {
  Json tokens = Json::array();
  for (const ExplainedToken& t : side.tokens) {
    tokens.push_back({{"piece", t.piece}, {"id", t.id}});
    if (t.special) tokens.back()["special"] = true;
    if (t.continues) tokens.back()["continues"] = true;
  }
  return {{"name", side.name}, {"text", side.text}, {"tokens", std::move(tokens)}};
}

}  // namespace

std::string_view name_of(AttentionPart part) {
  return part == AttentionPart::encoder ? "encoder" : part == AttentionPart::decoder ? "decoder" : "cross";
}

Json to_json(const HeadFigures& f) {
  return {{"role", role_of(f)}, {"entropy", f.entropy}, {"previous", f.previous}, {"itself", f.itself},
          {"next", f.next},     {"equal", f.equal},     {"first", f.first},       {"special", f.special}};
}

Json to_json(const Explanation& e, JsonAttention attention) {
  Json json{{"task", e.task},
            {"text", e.text},
            {"sides", Json::array()},
            {"answers", Json::array()},
            {"attention", Json::array()}};
  if (!e.result.empty()) json["result"] = e.result;
  if (!e.changed_result.empty()) json["changed_result"] = e.changed_result;
  for (const TokenSide& side : e.sides) json["sides"].push_back(side_json(side));
  for (const ExplainedAnswer& answer : e.answers) json["answers"].push_back(answer_json(answer));
  for (const LayerWeights& layer : e.attention) json["attention"].push_back(layer_json(layer, attention));
  for (const HeadNeurons& head : e.neurons) json["neurons"].push_back(neurons_json(head, attention));
  if (e.encoder_rollout.rows > 0) json["rollout"]["encoder"] = matrix_json(e.encoder_rollout);
  if (e.decoder_rollout.rows > 0) json["rollout"]["decoder"] = matrix_json(e.decoder_rollout);
  return json;
}

}  // namespace regard::explain
