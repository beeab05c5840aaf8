#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Tags of the words of a sentence, taken together to entities.

namespace regard {

// How tags are read. `any`, `iob1`, `iob2`, `bioes` and `bilou` are prefix and label: "B-PER", "I-PER", "O".
//
// any: every tag counts, as in conlleval and in seqeval's default mode. A word belongs to the entity before
// it unless its prefix is B or S, the word before it is outside (O), ends one (E, S), or has another label.
// So "O I-PER" begins an entity, and "B-PER I-LOC" are two. L and U are read like I: of those two letters
// seqeval's default mode knows nothing (regard::lenient_tags gives them their meaning).
//
// The others are seqeval's strict mode: what does not follow the scheme is no entity. iob1: I, and B only
// where an entity follows one of the same label at once. iob2: B begins each. bioes: B I E, or S for a single
// word (also called IOBES). bilou: the same with L and U.
//
// plain: tags are labels without prefixes ("PER", "NOUN"); neighbors of one label are one entity, O is none.
enum class TagScheme : std::uint8_t { any, iob1, iob2, bioes, bilou, plain };
// UsageError names the schemes.
TagScheme tag_scheme(std::string_view name);

// Words begin .. end - 1 of a sentence.
struct TaggedSpan {
  std::string label;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TaggedSpan&) const = default;
};

// In order. An entity without a label ("B") has the label "_", as in seqeval. InputError: a strict scheme
// does not have a tag's prefix.
std::vector<TaggedSpan> spans_of(std::span<const std::string> tags, TagScheme scheme = TagScheme::any);

// Whether all of a model's tags are O or prefix and label: "B-PER", or "B" alone. Otherwise they are plain.
bool have_prefixes(std::span<const std::string> tags);

// Tags with E for L and S for U, where the set of tags has L or U and neither E nor S: then `any` reads them.
std::vector<std::string> lenient_tags(std::vector<std::string> tags);

}  // namespace regard
