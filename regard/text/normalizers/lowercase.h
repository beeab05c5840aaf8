#pragma once

#include "regard/text/aligned_text.h"

namespace regard::normalizers {

// Each character in lower case, without regard to its neighbors.
void lowercase(AlignedText& text);

// Leaves out the characters for which `drop` holds.
template <class Drop>
void drop_characters(AlignedText& text, Drop&& drop) {
  TextEditor editor(text);
  while (!editor.at_end()) {
    const Character c = editor.next();
    if (drop(c.code)) {
      editor.skip(c.length);
    } else {
      editor.keep(c.length);
    }
  }
  text = editor.finish();
}

}  // namespace regard::normalizers
