#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "regard/base/json.h"
#include "regard/text/tokenizer.h"

namespace regard::tasks {

// How texts name their language to mBART (Liu et al. 2020): by a token behind their end, in its second
// version (Tang et al. 2020) by one before them. A target's last token is what the decoder begins with.
struct LanguageCode {
  std::int32_t id = 0;
  enum class Place : std::uint8_t { behind_end, before } place = Place::behind_end;
};

// What languages are called ("en_XX"); empty: as the checkpoint says.
struct LanguageNames {
  std::string source, target;
};

// Writes the languages into the tokenizer's files in `folder`, so that it, transformers too, puts them beside
// texts. Where the target's has no name it is that of `config`, the model's. UsageError: a name that is no
// token, or none for the target at all; InputError: a tokenizer that puts no language beside a text.
void write_languages(const LanguageNames& names, const std::filesystem::path& folder, const Json& config);

// That of a side's texts, as the tokenizer in `folder` has it. InputError as above.
LanguageCode language_code(const Tokenizer& tokenizer, TextSide side, const std::filesystem::path& folder);

}  // namespace regard::tasks
