#pragma once

#include "regard/text/normalizer.h"

// The readers of the single types; the table in parse.cc names each.

namespace regard::normalizers {

std::unique_ptr<Normalizer> parse_bert(const JsonField& field);
std::unique_ptr<Normalizer> parse_byte_level(const JsonField& field);
std::unique_ptr<Normalizer> parse_lowercase(const JsonField& field);
std::unique_ptr<Normalizer> parse_nfc(const JsonField& field);
std::unique_ptr<Normalizer> parse_nfd(const JsonField& field);
std::unique_ptr<Normalizer> parse_nfkc(const JsonField& field);
std::unique_ptr<Normalizer> parse_nfkd(const JsonField& field);
std::unique_ptr<Normalizer> parse_nmt(const JsonField& field);
std::unique_ptr<Normalizer> parse_precompiled(const JsonField& field);
std::unique_ptr<Normalizer> parse_prepend(const JsonField& field);
std::unique_ptr<Normalizer> parse_replace(const JsonField& field);
std::unique_ptr<Normalizer> parse_sequence(const JsonField& field);
std::unique_ptr<Normalizer> parse_strip(const JsonField& field);
std::unique_ptr<Normalizer> parse_strip_accents(const JsonField& field);

}  // namespace regard::normalizers
