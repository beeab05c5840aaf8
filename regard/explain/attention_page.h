#pragma once

#include <string>
#include <vector>

#include "regard/explain/attention_maps.h"

namespace regard::explain {

// One translation and where it looked.
struct AttentionExample {
  std::string source, target;  // the texts
  std::vector<std::string> source_tokens, target_tokens;
  CrossAttention attention;  // [layer][H,target tokens,source tokens]
};

struct AttentionPage {
  std::string title;
  std::string note;  // one sentence below the title; may be empty
  std::vector<AttentionExample> examples;
};

// A page of HTML that shows the cross-attention of every layer and head, source against target: one file that
// needs no network and no other file, follows the reader's choice of a light or dark display, and can be used
// with a keyboard or a screen reader. Texts and tokens are data in it and can never be markup. UsageError:
// the weights' shapes are not those of the tokens.
std::string attention_page(const AttentionPage& page);

}  // namespace regard::explain
