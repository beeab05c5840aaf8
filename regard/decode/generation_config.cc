#include "regard/decode/generation_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "regard/base/error.h"
#include "regard/base/suggest.h"
#include "regard/models/encoder_decoder_families.h"

namespace regard::decode {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

// Keys that decide something here.
constexpr std::array used{"max_length",
                          "max_new_tokens",
                          "min_length",
                          "min_new_tokens",
                          "num_beams",
                          "num_return_sequences",
                          "early_stopping",
                          "length_penalty",
                          "repetition_penalty",
                          "no_repeat_ngram_size",
                          "bad_words_ids",
                          "suppress_tokens",
                          "begin_suppress_tokens",
                          "eos_token_id",
                          "stop_strings",
                          "forced_bos_token_id",
                          "forced_eos_token_id",
                          "decoder_start_token_id",
                          "pad_token_id",
                          "bos_token_id",
                          "renormalize_logits",
                          "do_sample",
                          "temperature",
                          "top_k",
                          "top_p",
                          "min_p",
                          "seed",
                          "length_normalization",
                          "word_penalty",
                          "coverage_penalty"};

// Keys whose usual value changes nothing, and that value. Another one is refused.
struct Neutral {
  const char* key;
  Json value;
};
std::vector<Neutral> neutral_keys() {
  return {{"num_beam_groups", 1},
          {"diversity_penalty", 0.0},
          {"encoder_repetition_penalty", 1.0},
          {"penalty_alpha", nullptr},
          {"encoder_no_repeat_ngram_size", 0},
          {"sequence_bias", nullptr},
          {"exponential_decay_length_penalty", nullptr},
          {"guidance_scale", nullptr},
          {"remove_invalid_values", false},
          {"force_words_ids", nullptr},
          {"constraints", nullptr},
          {"forced_decoder_ids", nullptr},
          {"max_time", nullptr},
          {"watermarking_config", nullptr},
          {"token_healing", false},
          {"dola_layers", nullptr},
          {"low_memory", nullptr},
          {"prompt_lookup_num_tokens", nullptr}};
}

// Filters of sampling that are refused where there is sampling, and their usual value.
std::vector<Neutral> unsupported_filters() {
  return {{"typical_p", 1.0}, {"top_h", nullptr}, {"epsilon_cutoff", 0.0}, {"eta_cutoff", 0.0}};
}

// Keys that act only on how results are handed over.
constexpr std::array without_effect{"use_cache",         "cache_implementation", "return_dict_in_generate",
                                    "output_attentions", "output_hidden_states", "output_scores",
                                    "output_logits",     "transformers_version"};

std::vector<std::string> known_keys() {
  std::vector<std::string> keys(used.begin(), used.end());
  for (const Neutral& n : neutral_keys()) keys.emplace_back(n.key);
  for (const Neutral& n : unsupported_filters()) keys.emplace_back(n.key);
  keys.insert(keys.end(), without_effect.begin(), without_effect.end());
  return keys;
}

std::int32_t token(const JsonField& field) {
  return static_cast<std::int32_t>(field.integer_within(0, most));
}

TokenIds tokens(const JsonField& field) {
  TokenIds ids;
  if (!field.value().is_array()) return {token(field)};
  for (const JsonField& item : field.items()) ids.push_back(token(item));
  return ids;
}

std::vector<TokenIds> words(const JsonField& field) {
  std::vector<TokenIds> all;
  for (const JsonField& item : field.items()) {
    if (!item.value().is_array() || item.value().empty()) item.refuse("a list of token ids");
    all.push_back(tokens(item));
  }
  return all;
}

std::vector<std::string> strings(const JsonField& field) {
  if (!field.value().is_array()) return {field.text()};
  std::vector<std::string> all;
  for (const JsonField& item : field.items()) all.push_back(item.text());
  return all;
}

EarlyStopping early_stopping(const JsonField& field) {
  if (field.value() == "never") return EarlyStopping::never;
  if (!field.value().is_boolean()) field.refuse("true, false or \"never\"");
  return field.boolean() ? EarlyStopping::yes : EarlyStopping::no;
}

std::optional<std::int64_t> count(const JsonField& keys, std::string_view key, std::int64_t least) {
  const auto field = keys.find(key);
  if (!field) return std::nullopt;
  return field->integer_within(least, most);
}

std::optional<std::int32_t> optional_token(const JsonField& keys, std::string_view key) {
  const auto field = keys.find(key);
  if (!field) return std::nullopt;
  return token(*field);
}

TokenIds optional_tokens(const JsonField& keys, std::string_view key) {
  const auto field = keys.find(key);
  return field ? tokens(*field) : TokenIds{};
}

void refuse_unsupported(const JsonField& keys, const std::vector<Neutral>& neutral) {
  for (const Neutral& n : neutral) {
    const auto field = keys.find(n.key);
    if (field && field->value() != n.value)
      field->refuse(fmt::format("{}: this is not supported", to_line(n.value)));
  }
}

void read_lengths(const JsonField& keys, GenerationConfig& config) {
  config.max_length = count(keys, "max_length", 1);
  config.max_new_tokens = count(keys, "max_new_tokens", 1);
  config.min_length = count(keys, "min_length", 0).value_or(0);
  config.min_new_tokens = count(keys, "min_new_tokens", 0).value_or(0);
  config.no_repeat_ngram_size = count(keys, "no_repeat_ngram_size", 0).value_or(0);
}

void read_beams(const JsonField& keys, GenerationConfig& config) {
  constexpr std::int64_t most_beams = 1024;
  if (const auto f = keys.find("num_beams"))
    config.num_beams = static_cast<int>(f->integer_within(1, most_beams));
  if (const auto f = keys.find("num_return_sequences")) {
    config.num_return_sequences = static_cast<int>(f->integer_within(1, most_beams));
    if (!config.do_sample && config.num_return_sequences > config.num_beams)
      f->refuse(fmt::format("at most num_beams, which is {}", config.num_beams));
  }
  if (const auto f = keys.find("early_stopping")) config.early_stopping = early_stopping(*f);
}

// A number that is neither NaN nor infinite, from `least` on.
double finite(const JsonField& keys, const char* key, double otherwise, double least) {
  const auto field = keys.find(key);
  if (!field) return otherwise;
  const double value = field->number();
  if (!(value >= least)) field->refuse(fmt::format("a number from {} on", least));
  return value;
}

double fraction(const JsonField& keys, const char* key, double otherwise) {
  const double value = finite(keys, key, otherwise, 0);
  if (value > 1) keys.at(key).refuse("a number from 0 to 1");
  return value;
}

void read_ranking(const JsonField& keys, GenerationConfig& config) {
  config.length_penalty = keys.number_or("length_penalty", 1);
  config.word_penalty = keys.number_or("word_penalty", 0);
  config.coverage_penalty = finite(keys, "coverage_penalty", 0, 0);
  if (const auto f = keys.find("length_normalization"))
    config.length_normalization =
        f->one_of({"power", "gnmt"}) == "gnmt" ? LengthNormalization::gnmt : LengthNormalization::power;
}

void read_sampling(const JsonField& keys, GenerationConfig& config) {
  config.do_sample = keys.boolean_or("do_sample", false);
  if (const auto f = keys.find("seed"))
    config.seed = static_cast<std::uint64_t>(f->integer_within(0, std::numeric_limits<std::int64_t>::max()));
  Sampling& s = config.sampling;
  s.temperature = finite(keys, "temperature", 1, 0);
  if (s.temperature == 0) keys.at("temperature").refuse("a number above 0");
  s.top_k = count(keys, "top_k", 0).value_or(s.top_k);
  s.top_p = fraction(keys, "top_p", 1);
  s.min_p = fraction(keys, "min_p", 0);
  if (config.do_sample) refuse_unsupported(keys, unsupported_filters());
}

void read_tokens(const JsonField& keys, GenerationConfig& config) {
  if (const auto f = keys.find("bad_words_ids")) config.bad_words_ids = words(*f);
  if (const auto f = keys.find("stop_strings")) {
    config.stop_strings = strings(*f);
    for (const std::string& s : config.stop_strings)
      if (s.empty()) f->refuse("texts that are not empty");
  }
  config.suppress_tokens = optional_tokens(keys, "suppress_tokens");
  config.begin_suppress_tokens = optional_tokens(keys, "begin_suppress_tokens");
  config.eos_token_id = optional_tokens(keys, "eos_token_id");
  config.forced_eos_token_id = optional_tokens(keys, "forced_eos_token_id");
  config.forced_bos_token_id = optional_token(keys, "forced_bos_token_id");
  auto start = optional_token(keys, "decoder_start_token_id");
  if (!start) start = optional_token(keys, "bos_token_id");
  config.decoder_start_token_id = start.value_or(-1);
  const auto pad = optional_token(keys, "pad_token_id");
  config.pad_token_id = pad ? *pad : (config.eos_token_id.empty() ? -1 : config.eos_token_id.front());
  // A ban of the end alone is dropped, as transformers does: with it nothing would end.
  std::erase_if(config.bad_words_ids, [&](const TokenIds& word) {
    return word.size() == 1 && std::find(config.eos_token_id.begin(), config.eos_token_id.end(), word[0]) !=
                                   config.eos_token_id.end();
  });
}

GenerationConfig from_keys(const Json& keys, const std::string& place) {
  const JsonField field(keys, place);
  refuse_unsupported(field, neutral_keys());
  GenerationConfig config;
  read_lengths(field, config);
  read_sampling(field, config);
  read_beams(field, config);
  if (config.do_sample && config.num_beams > 1)
    field.at("num_beams").refuse("1, because do_sample is true: sampling with beams is not supported");
  read_ranking(field, config);
  read_tokens(field, config);
  config.renormalize_logits = field.boolean_or("renormalize_logits", false);
  if (const auto f = field.find("repetition_penalty")) {
    config.repetition_penalty = f->number();
    if (config.repetition_penalty <= 0) f->refuse("a number above 0");
  }
  return config;
}

// An encoder-decoder must know what its results begin with.
GenerationConfig from_keys(const Json& keys, const std::string& place, bool start) {
  const JsonField field(keys, place);
  if (start && !field.has("bos_token_id")) field.at("decoder_start_token_id");  // says that it is missing
  return from_keys(keys, place);
}

// The keys of the directory's files, which file to name in messages, and whether there must be a start token.
std::tuple<Json, std::string, bool> file_keys(const std::filesystem::path& directory) {
  const Json model = read_json(directory / "config.json");
  const std::filesystem::path own = directory / "generation_config.json";
  Json keys = Json::object();
  std::string place = (directory / "config.json").string();
  const bool has_own = std::filesystem::exists(own);
  if (has_own) {
    place = own.string();
    keys = read_json(own);
    if (!keys.is_object()) JsonField(keys, place).refuse("an object");
  }
  for (const std::string& key : JsonField(model, (directory / "config.json").string()).keys()) {
    const bool special = key == "decoder_start_token_id" || key == "eos_token_id" || key == "pad_token_id" ||
                         key == "bos_token_id";
    const bool ours = std::find(used.begin(), used.end(), key) != used.end();
    if (special ? (!keys.contains(key) || keys[key].is_null()) : (ours && !has_own)) keys[key] = model[key];
  }
  const JsonField config(model, (directory / "config.json").string());
  const bool start = config.boolean_or("is_encoder_decoder", false) ||
                     models::encoder_decoder_family(config.text_or("model_type", "")) != nullptr;
  return {keys, place, start};
}

}  // namespace

std::int64_t GenerationConfig::longest(std::int64_t max_positions, std::int64_t prompt) const {
  constexpr std::int64_t usual = 20;
  std::int64_t length = usual + prompt;
  if (max_length) length = *max_length;
  if (max_new_tokens) length = *max_new_tokens + prompt;
  return std::min(length, max_positions + 1);  // the last token is no input and needs no position
}

GenerationConfig generation_config(const std::filesystem::path& directory, const Json& overrides) {
  auto [keys, place, start] = file_keys(directory);
  if (!overrides.is_object()) throw UsageError("generation keys: found no JSON object");
  if (overrides.empty()) return from_keys(keys, place, start);
  from_keys(keys, place, start);  // so that what is wrong in the file is said of the file
  const std::vector<std::string> known = known_keys();
  for (const auto& [key, value] : overrides.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw UsageError(fmt::format("no generation key '{}'{}", key, did_you_mean(key, known)));
    keys[key] = value;
  }
  try {
    GenerationConfig config = from_keys(keys, "generation keys", start);
    if (config.max_length && !config.max_new_tokens && *config.max_length < 2)
      throw UsageError("generation keys: max_length: found 1, expected at least 2: the start token counts");
    return config;
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace regard::decode
