#include "regard/metrics/perplexity.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "regard/base/error.h"
#include "regard/text/unicode.h"

namespace regard {
namespace {

double over(double nats, std::int64_t parts) { return parts > 0 ? nats / static_cast<double>(parts) : 0; }

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

TextLoss loss_of(std::span<const double> sums) {
  const auto whole = [&](std::size_t i) { return static_cast<std::int64_t>(sums[i]); };
  return {sums[0], whole(1), {whole(2), whole(3), whole(4)}};
}

}  // namespace

void TextSize::add(std::string_view text) {
  words += static_cast<std::int64_t>(split_white_space(text).size());
  bytes += static_cast<std::int64_t>(text.size());
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
}

double TextLoss::per_token() const { return over(nats, tokens); }
double TextLoss::token_perplexity() const { return std::exp(per_token()); }
double TextLoss::word_perplexity() const { return std::exp(over(nats, size.words)); }
double TextLoss::byte_perplexity() const { return std::exp(over(nats, size.bytes)); }
double TextLoss::bits_per_character() const { return over(nats, size.characters) / std::log(2.0); }
double TextLoss::bits_per_byte() const { return over(nats, size.bytes) / std::log(2.0); }

Json to_json(const TextLoss& loss) {
  return {{"loss", loss.per_token()},
          {"perplexity", loss.token_perplexity()},
          {"word_perplexity", loss.word_perplexity()},
          {"byte_perplexity", loss.byte_perplexity()},
          {"bits_per_character", loss.bits_per_character()},
          {"bits_per_byte", loss.bits_per_byte()},
          {"tokens", loss.tokens},
          {"words", loss.size.words},
          {"bytes", loss.size.bytes},
          {"characters", loss.size.characters}};
}

void Perplexity::count(std::string_view hypothesis, std::span<const std::string_view> references,
                       std::span<double> statistics) const {
  if (references.size() != 1)
    throw UsageError(fmt::format("perplexity: found {} references, expected one", references.size()));
  const std::size_t tab = hypothesis.find('\t');
  const auto log_p = number_in<double>(hypothesis.substr(0, tab));
  const auto tokens = tab == hypothesis.npos ? std::optional<std::int64_t>(0)
                                             : number_in<std::int64_t>(hypothesis.substr(tab + 1));
  if (!log_p || !tokens || !(*log_p <= 0) || *tokens < 0)
    throw InputError(fmt::format(
        "perplexity: found '{}', expected log p in nats, at most 0, and, behind a TAB, the number of tokens",
        replace_invalid_utf8(hypothesis.substr(0, 60))));
  TextSize size;
  size.add(references[0]);
  statistics[0] = -*log_p;
  statistics[1] = static_cast<double>(*tokens);
  statistics[2] = static_cast<double>(size.words);
  statistics[3] = static_cast<double>(size.bytes);
  statistics[4] = static_cast<double>(size.characters);
}

double Perplexity::score(std::span<const double> sums) const {
  const TextLoss loss = loss_of(sums);
  return loss.tokens > 0 ? loss.token_perplexity() : loss.word_perplexity();
}

Json Perplexity::parts(std::span<const double> sums) const { return to_json(loss_of(sums)); }

}  // namespace regard
