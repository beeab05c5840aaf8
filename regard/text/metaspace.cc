#include "regard/text/metaspace.h"

#include "regard/text/characters.h"

namespace regard {

Metaspace parse_metaspace(const JsonField& field) {
  Metaspace made;
  const JsonField replacement = field.at("replacement");
  made.replacement = replacement.text();
  if (made.replacement.empty() || character_length(made.replacement[0]) != made.replacement.size())
    replacement.refuse("one character");
  if (const auto scheme = field.find("prepend_scheme")) {
    const std::string name = scheme->one_of({"always", "first", "never"});
    made.prepend = name == "always"  ? Metaspace::Prepend::always
                   : name == "first" ? Metaspace::Prepend::first
                                     : Metaspace::Prepend::never;
  }
  if (const auto prefix = field.find("add_prefix_space"); prefix && !prefix->boolean()) {
    if (made.prepend != Metaspace::Prepend::never && field.has("prepend_scheme"))
      prefix->refuse("true, because of prepend_scheme");
    made.prepend = Metaspace::Prepend::never;
  }
  made.split = field.boolean_or("split", true);
  return made;
}

}  // namespace regard
