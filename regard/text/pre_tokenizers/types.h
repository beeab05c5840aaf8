#pragma once

#include "regard/text/pre_tokenizer.h"

// The readers of the single types; the table in parse.cc names each.

namespace regard::pre_tokenizers {

std::unique_ptr<PreTokenizer> parse_bert(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_byte_level(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_delimiter(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_digits(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_fixed_length(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_metaspace(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_punctuation(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_sequence(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_split(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_unicode_scripts(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_whitespace(const JsonField& field);
std::unique_ptr<PreTokenizer> parse_whitespace_split(const JsonField& field);

// A setting that is one character.
char32_t parse_character(const JsonField& field);

}  // namespace regard::pre_tokenizers
