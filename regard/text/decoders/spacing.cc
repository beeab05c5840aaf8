#include <algorithm>

#include "regard/text/clean_up.h"
#include "regard/text/decoders/types.h"
#include "regard/text/metaspace.h"
#include "regard/text/regular_expression.h"

// The types that decide where spaces stand: WordPiece, Metaspace, BPEDecoder, CTC, Replace.

namespace regard::decoders {
namespace {

class WordPiece final : public Decoder {
 public:
  WordPiece(std::string prefix, bool clean) : prefix_(std::move(prefix)), clean_(clean) {}

  void decode(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0) {
        if (tokens[i].starts_with(prefix_)) {
          tokens[i].erase(0, prefix_.size());
        } else {
          tokens[i].insert(0, 1, ' ');
        }
      }
      if (clean_) clean_up_token(tokens[i]);
    }
  }

 private:
  std::string prefix_;
  bool clean_;
};

class MetaspaceDecoder final : public Decoder {
 public:
  explicit MetaspaceDecoder(Metaspace settings) : settings_(std::move(settings)) {}

  void decode(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool first = i == 0 && settings_.prepend != Metaspace::Prepend::never;
      replace_all(tokens[i], settings_.replacement, first ? "" : " ");
    }
  }

 private:
  Metaspace settings_;
};

// The suffix of a word's last token is a space, but for the last of all.
class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}

  void decode(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      replace_all(tokens[i], suffix_, i + 1 == tokens.size() ? "" : " ");
  }

 private:
  std::string suffix_;
};

struct CtcSettings {
  std::string padding;
  std::string delimiter;  // between words
  bool clean = true;
};

// Graves et al. 2006: of equal tokens that follow each other one is left, then padding goes.
class Ctc final : public Decoder {
 public:
  explicit Ctc(CtcSettings settings) : settings_(std::move(settings)) {}

  void decode(std::vector<std::string>& tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      replace_all(token, settings_.padding, "");
      if (!settings_.clean) continue;
      clean_up_token(token);
      replace_all(token, settings_.delimiter, " ");
    }
    std::erase_if(tokens, [](const std::string& token) { return token.empty(); });
  }

 private:
  CtcSettings settings_;
};

class Replace final : public Decoder {
 public:
  Replace(RegularExpression pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  void decode(std::vector<std::string>& tokens) const override {
    std::vector<ByteRange> matches;
    for (std::string& token : tokens) {
      pattern_.find_all(token, matches);
      if (matches.empty()) continue;
      std::string made;
      std::size_t done = 0;
      for (const ByteRange& match : matches) {
        made.append(token, done, match.begin - done);
        made += content_;
        done = match.end;
      }
      token = made.append(token, done);
    }
  }

 private:
  RegularExpression pattern_;
  std::string content_;
};

}  // namespace

std::unique_ptr<Decoder> parse_word_piece(const JsonField& field) {
  return std::make_unique<WordPiece>(field.text_or("prefix", "##"), field.boolean_or("cleanup", true));
}

std::unique_ptr<Decoder> parse_metaspace(const JsonField& field) {
  return std::make_unique<MetaspaceDecoder>(regard::parse_metaspace(field));
}

std::unique_ptr<Decoder> parse_bpe(const JsonField& field) {
  return std::make_unique<BpeDecoder>(field.text_or("suffix", "</w>"));
}

std::unique_ptr<Decoder> parse_ctc(const JsonField& field) {
  CtcSettings settings;
  settings.padding = field.text_or("pad_token", "<pad>");
  settings.delimiter = field.text_or("word_delimiter_token", "|");
  settings.clean = field.boolean_or("cleanup", true);
  return std::make_unique<Ctc>(std::move(settings));
}

std::unique_ptr<Decoder> parse_replace(const JsonField& field) {
  return std::make_unique<Replace>(parse_pattern(field.at("pattern")), field.at("content").text());
}

}  // namespace regard::decoders
