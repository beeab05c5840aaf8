#include "regard/text/unicode_forms.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

#include "regard/text/code_points.h"

namespace regard {
namespace {

// A character of the normalized text and how it uses up those of the source: 0 stands for one, 1 was added to
// the one before, -n stands for one and n more.
struct Unit {
  utf8proc_int32_t code = 0;
  utf8proc_propval_t combining_class = 0;
  std::int32_t change = 0;
};

// The class by which marks are ordered. The forms are those of `tokenizers`, which stand on an older Unicode.
utf8proc_propval_t combining_class(utf8proc_int32_t code) {
  if (belongs(static_cast<char32_t>(code), CharacterClass::unordered_mark)) return 0;
  return utf8proc_get_property(code)->combining_class;
}

void decompose(std::string_view text, bool compatible, std::vector<Unit>& units) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                      (compatible ? UTF8PROC_COMPAT : 0));
  std::array<utf8proc_int32_t, 32> parts{};  // 18 is the most that one character becomes
  for (std::size_t i = 0; i < text.size();) {
    const Character c = character_at(text, i);
    const auto code = static_cast<utf8proc_int32_t>(c.code);
    int boundary = 0;
    auto count = utf8proc_decompose_char(code, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                                         options, &boundary);
    if (belongs(c.code, CharacterClass::whole) || count <= 0 ||
        count > static_cast<utf8proc_ssize_t>(parts.size())) {
      parts[0] = code;
      count = 1;
    }
    for (utf8proc_ssize_t k = 0; k < count; ++k) {
      const utf8proc_int32_t part = parts[static_cast<std::size_t>(k)];
      units.push_back({part, combining_class(part), k == 0 ? 0 : 1});
    }
    i += c.length;
  }
}

// Marks between two starters in the order of their classes.
void order_marks(std::vector<Unit>& units) {
  const auto by_class = [](const Unit& a, const Unit& b) { return a.combining_class < b.combining_class; };
  for (auto at = units.begin(); at != units.end();) {
    if (at->combining_class == 0) {
      ++at;
      continue;
    }
    const auto end =
        std::find_if(at, units.end(), [](const Unit& unit) { return unit.combining_class == 0; });
    if (!std::is_sorted(at, end, by_class)) std::stable_sort(at, end, by_class);
    at = end;
  }
}

// The character that two compose to; 0 where there is none.
utf8proc_int32_t compose_pair(utf8proc_int32_t first, utf8proc_int32_t second) {
  std::array<utf8proc_int32_t, 3> pair = {first, second, 0};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  return utf8proc_normalize_utf32(pair.data(), 2, options) == 1 ? pair[0] : 0;
}

void compose(std::vector<Unit>& units) {
  std::vector<Unit> made;
  made.reserve(units.size());
  std::ptrdiff_t starter = -1;
  int last_class = -1;  // of the mark that stands between, -1 for none
  for (const Unit& unit : units) {
    if (starter >= 0 && last_class < static_cast<int>(unit.combining_class)) {
      Unit& base = made[static_cast<std::size_t>(starter)];
      const utf8proc_int32_t composed = compose_pair(base.code, unit.code);
      if (composed != 0 && !belongs(static_cast<char32_t>(composed), CharacterClass::whole)) {
        base.code = composed;
        base.change += unit.change - 1;
        continue;
      }
    }
    if (unit.combining_class == 0) {
      starter = static_cast<std::ptrdiff_t>(made.size());
      last_class = -1;
    } else {
      last_class = unit.combining_class;
    }
    made.push_back(unit);
  }
  units = std::move(made);
}

// Writes units in place of the next `bytes` bytes.
void write(const std::vector<Unit>& units, std::size_t bytes, TextEditor& editor) {
  const std::size_t end = editor.position() + bytes;
  for (const Unit& unit : units) {
    std::string text;
    append_utf8(text, static_cast<std::uint32_t>(unit.code));
    if (unit.change > 0 || editor.position() >= end) {
      editor.put(text, editor.position() == 0 ? 0 : editor.position() - 1);
      continue;
    }
    editor.replace(text);
    for (std::int32_t k = unit.change; k < 0 && editor.position() < end; ++k)
      editor.skip(editor.next().length);
  }
  if (editor.position() < end) editor.skip(end - editor.position());
}

}  // namespace

void normalize_unicode(AlignedText& text, UnicodeForm form) {
  if (all_ascii(text.text())) return;
  const bool compatible = form == UnicodeForm::nfkc || form == UnicodeForm::nfkd;
  const bool composed = form == UnicodeForm::nfc || form == UnicodeForm::nfkc;
  TextEditor editor(text);
  std::vector<Unit> units;
  std::string made;
  while (!editor.at_end()) {
    // ASCII is in every form; only the last character before others may be composed with what follows.
    const std::string_view rest = editor.rest();
    const auto foreign = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    const auto first =
        static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), foreign) - rest.begin());
    const std::size_t begin = first == 0 || first == rest.size() ? first : first - 1;
    if (begin > 0) {
      editor.keep(begin);
      continue;
    }
    const auto end = static_cast<std::size_t>(
        std::find_if_not(rest.begin() + static_cast<std::ptrdiff_t>(first), rest.end(), foreign) -
        rest.begin());
    units.clear();
    decompose(rest.substr(0, end), compatible, units);
    order_marks(units);
    if (composed) compose(units);
    made.clear();
    for (const Unit& unit : units) append_utf8(made, static_cast<std::uint32_t>(unit.code));
    if (made == rest.substr(0, end)) {
      editor.keep(end);
    } else {
      write(units, end, editor);
    }
  }
  text = editor.finish();
}

}  // namespace regard
