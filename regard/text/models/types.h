#pragma once

#include "regard/text/subword_model.h"

// The readers of the single types; the table in parse.cc names each.

namespace regard::subword_models {

std::unique_ptr<SubwordModel> parse_bpe(const JsonField& field);
std::unique_ptr<SubwordModel> parse_unigram(const JsonField& field);
std::unique_ptr<SubwordModel> parse_word_level(const JsonField& field);
std::unique_ptr<SubwordModel> parse_word_piece(const JsonField& field);

}  // namespace regard::subword_models
