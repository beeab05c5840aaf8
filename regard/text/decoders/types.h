#pragma once

#include "regard/text/decoder.h"

// The readers of the single types; the table in parse.cc names each.

namespace regard::decoders {

std::unique_ptr<Decoder> parse_bpe(const JsonField& field);
std::unique_ptr<Decoder> parse_byte_fallback(const JsonField& field);
std::unique_ptr<Decoder> parse_byte_level(const JsonField& field);
std::unique_ptr<Decoder> parse_ctc(const JsonField& field);
std::unique_ptr<Decoder> parse_fuse(const JsonField& field);
std::unique_ptr<Decoder> parse_metaspace(const JsonField& field);
std::unique_ptr<Decoder> parse_replace(const JsonField& field);
std::unique_ptr<Decoder> parse_sequence(const JsonField& field);
std::unique_ptr<Decoder> parse_strip(const JsonField& field);
std::unique_ptr<Decoder> parse_word_piece(const JsonField& field);

}  // namespace regard::decoders
