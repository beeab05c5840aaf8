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
            {"best_step", s.best_step},
            {"not_better", s.not_better},
            {"window_loss", s.window_loss},
            {"window_plain", s.window_plain},
            {"window_seconds", s.window_seconds},
            {"window_tokens", s.window_tokens}};
  if (s.best_step > 0) json["best_loss"] = s.best_loss;  // infinity is no number in JSON
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
  s.best_step = count("best_step");
  s.best_loss = json.number_or("best_loss", s.best_loss);
  s.not_better = count("not_better");
  s.window_loss = json.at("window_loss").number();
  s.window_plain = json.at("window_plain").number();
  s.window_seconds = json.at("window_seconds").number();
  s.window_tokens = count("window_tokens");
  return s;
}

}  // namespace regard::train
