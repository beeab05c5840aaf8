#pragma once

#include <string>
#include <string_view>

namespace regard {

// The stem of an English word of lower-case ASCII letters and digits (Porter 1980, "An algorithm for suffix
// stripping"), with the additions of NLTK's stemmer in its default mode, which ROUGE's scores are made with:
// a dozen irregular words, "ie" kept in short words ("dies", "died"), "y" becomes "i" after a consonant
// alone, and the endings "bli", "alli", "fulli" and "logi".
std::string porter_stem(std::string_view word);

}  // namespace regard
