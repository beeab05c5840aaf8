#include "regard/text/characters.h"
#include "regard/text/decoders/types.h"

// The types that put tokens together: Sequence, Fuse, Strip.

namespace regard::decoders {
namespace {

class Sequence final : public Decoder {
 public:
  explicit Sequence(std::vector<std::unique_ptr<Decoder>> steps) : steps_(std::move(steps)) {}
  void decode(std::vector<std::string>& tokens) const override {
    for (const auto& step : steps_) step->decode(tokens);
  }

 private:
  std::vector<std::unique_ptr<Decoder>> steps_;
};

class Fuse final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    tokens.assign(1, std::move(text));
  }
};

// Takes a character away at both ends of each token, so many times at most.
class Strip final : public Decoder {
 public:
  Strip(std::string character, std::size_t start, std::size_t stop)
      : character_(std::move(character)), start_(start), stop_(stop) {}

  void decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view rest = token;
      for (std::size_t i = 0; i < start_ && rest.starts_with(character_); ++i)
        rest.remove_prefix(character_.size());
      for (std::size_t i = 0; i < stop_ && rest.ends_with(character_); ++i)
        rest.remove_suffix(character_.size());
      if (rest.size() < token.size()) token = std::string(rest);
    }
  }

 private:
  std::string character_;
  std::size_t start_;
  std::size_t stop_;
};

}  // namespace

std::unique_ptr<Decoder> parse_sequence(const JsonField& field) {
  std::vector<std::unique_ptr<Decoder>> steps;
  for (const JsonField& item : field.at("decoders").items()) {
    if (auto step = parse_decoder(item)) steps.push_back(std::move(step));
  }
  return std::make_unique<Sequence>(std::move(steps));
}

std::unique_ptr<Decoder> parse_fuse(const JsonField&) { return std::make_unique<Fuse>(); }

std::unique_ptr<Decoder> parse_strip(const JsonField& field) {
  const JsonField content = field.at("content");
  const std::string& text = content.text();
  if (text.empty() || character_length(text[0]) != text.size()) content.refuse("one character");
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  const auto count = [&](const char* key) {
    return static_cast<std::size_t>(field.at(key).integer_within(0, kMost));
  };
  return std::make_unique<Strip>(text, count("start"), count("stop"));
}

}  // namespace regard::decoders
