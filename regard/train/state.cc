#include "regard/train/loop.h"

namespace regard::train {

Json to_json(const State& s) {
  Json json{{"step", s.step},
            {"epoch", s.epoch},
            {"batch", s.batch},
            {"applied", s.applied},
            {"skipped", s.skipped},
            {"skipped_in_row", s.skipped_in_row},
            {"tokens", s.tokens},
            {"validated", s.validated},
            {"spiked", s.spiked},
            {"spike_losses", s.spikes.losses},
            {"spike_norms", s.spikes.norms},
            {"not_better", s.not_better},
            {"window_loss", s.window_loss},
            {"window_plain", s.window_plain},
            {"window_seconds", s.window_seconds},
            {"window_tokens", s.window_tokens}};
  json["best"] = Json::array();
  for (const ScoredStep& best : s.best) json["best"].push_back({{"step", best.step}, {"score", best.score}});
  return json;
}

State state_from(const JsonField& json) {
  auto count = [&](const char* key) { return json.at(key).integer_within(0, std::int64_t{1} << 60); };
  State s;
  s.step = count("step");
  s.epoch = count("epoch");
  s.batch = count("batch");
  s.applied = count("applied");
  s.skipped = count("skipped");
  s.skipped_in_row = count("skipped_in_row");
  s.tokens = count("tokens");
  s.validated = json.at("validated").boolean();
  s.spiked = json.at("spiked").boolean();
  for (const JsonField& loss : json.at("spike_losses").items()) s.spikes.losses.push_back(loss.number());
  for (const JsonField& norm : json.at("spike_norms").items()) s.spikes.norms.push_back(norm.number());
  for (const JsonField& best : json.at("best").items())
    s.best.push_back({best.at("step").integer_within(0, std::int64_t{1} << 60), best.at("score").number()});
  s.not_better = count("not_better");
  s.window_loss = json.at("window_loss").number();
  s.window_plain = json.at("window_plain").number();
  s.window_seconds = json.at("window_seconds").number();
  s.window_tokens = count("window_tokens");
  return s;
}

}  // namespace regard::train
