#pragma once

#include "regard/text/post_processor.h"

// The readers of the single types; the table in parse.cc names each.

namespace regard::post_processors {

std::unique_ptr<PostProcessor> parse_bert(const JsonField& field);
std::unique_ptr<PostProcessor> parse_byte_level(const JsonField& field);
std::unique_ptr<PostProcessor> parse_roberta(const JsonField& field);
std::unique_ptr<PostProcessor> parse_sequence(const JsonField& field);
std::unique_ptr<PostProcessor> parse_template(const JsonField& field);

}  // namespace regard::post_processors
