#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/cli/command.h"
#include "regard/cli/input_lines.h"
#include "regard/text/tokenizer.h"

namespace regard::cli {
namespace {

constexpr std::size_t chunk = 4096;

struct TokenizeCommand {
  std::string model;
  std::vector<std::string> files;
  bool ids = false;
  bool target = false;
};

std::string line_of(const std::vector<Token>& tokens) {
  std::string line;
  for (const Token& t : tokens) {
    if (!line.empty()) line += ' ';
    line += t.piece;
  }
  return line;
}

Json json_of(const std::vector<Token>& tokens) {
  Json json{{"tokens", Json::array()}, {"ids", Json::array()}, {"offsets", Json::array()}};
  for (const Token& t : tokens) {
    json["tokens"].push_back(t.piece);
    json["ids"].push_back(t.id);
    json["offsets"].push_back(Json::array({t.begin, t.end}));
  }
  return json;
}

std::vector<std::int32_t> ids_of(const std::string& line, std::size_t number) {
  std::vector<std::int32_t> ids;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (at != end) {
    if (*at == ' ' || *at == '\t') {
      ++at;
      continue;
    }
    const char* const word = at;
    while (at != end && *at != ' ' && *at != '\t') ++at;
    std::int32_t id = 0;
    const auto [stop, error] = std::from_chars(word, at, id);
    if (error != std::errc{} || stop != at || id < 0)
      throw InputError(fmt::format("line {}: found '{}', expected token ids", number, std::string(word, at)));
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

Action declare_tokenize(CLI::App& app) {
  auto command = std::make_shared<TokenizeCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory; only its tokenizer is used")->required();
  app.add_option("FILE", command->files, "text, one item a line (- or none: standard input)");
  app.add_flag("--ids", command->ids, "ids in place of tokens");
  app.add_flag("--target", command->target, "as text of the target side");
  return [command](Console& console) {
    const auto tokenizer = load_tokenizer(command->model);
    InputLines input(command->files);
    const TextSide side = command->target ? TextSide::target : TextSide::source;
    for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
      for (const std::string& line : lines) {
        if (command->ids && !console.json())
          console.out().line(fmt::format("{}", fmt::join(tokenizer->encode_ids(line, side), " ")));
        else
          console.out().line(console.json() ? to_line(json_of(tokenizer->encode(line, side)))
                                            : line_of(tokenizer->encode(line, side)));
      }
      console.out().flush();
    }
  };
}

Action declare_detokenize(CLI::App& app) {
  auto command = std::make_shared<TokenizeCommand>();
  app.add_option("MODEL", command->model, "a checkpoint directory; only its tokenizer is used")->required();
  app.add_option("FILE", command->files, "token ids, one item a line (- or none: standard input)");
  return [command](Console& console) {
    const auto tokenizer = load_tokenizer(command->model);
    InputLines input(command->files);
    std::size_t number = 0;
    for (auto lines = input.take(chunk); !lines.empty(); lines = input.take(chunk)) {
      for (const std::string& line : lines) {
        const std::string text = tokenizer->decode(ids_of(line, ++number));
        console.out().line(console.json() ? to_line({{"text", text}}) : text);
      }
      console.out().flush();
    }
  };
}

}  // namespace regard::cli
