#pragma once

#include <string>

#include "regard/base/json.h"

namespace regard {

// The settings of the types Metaspace: of a pre-tokenizer and of the decoder that undoes it.
struct Metaspace {
  enum class Prepend { always, first, never };

  std::string replacement = "\u2581";  // one character
  Prepend prepend = Prepend::always;
  bool split = true;
};

// InputError names the field; also where the older add_prefix_space contradicts prepend_scheme.
Metaspace parse_metaspace(const JsonField& field);

}  // namespace regard
