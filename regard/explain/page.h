#pragma once

#include <string>
#include <vector>

#include "regard/explain/explanation.h"

namespace regard::explain {

struct PageExample {
  std::string name;  // of the model, where several are shown; may be empty
  Explanation explanation;
};

struct Page {
  std::string title;
  std::string note;  // one sentence below the title; may be empty
  std::vector<PageExample> examples;
};

// A page of HTML that shows explanations: one file that needs no network and no other file, follows the
// reader's choice of a light or dark display, and can be used with a keyboard or a screen reader. Texts and
// tokens are data in it and can never be markup.
std::string html_page(const Page& page);

}  // namespace regard::explain
