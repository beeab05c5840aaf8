#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "regard/base/json.h"
#include "regard/base/parallel.h"

namespace regard {

// A piece that a pre-tokenizer cut out of text, and how often it occurs.
struct CountedWord {
  std::string text;
  std::uint64_t count = 0;
};

// How text is cut before its words are counted: the parts of tokenizer.json, null where there is none.
struct WordCutting {
  Json normalizer;
  Json pre_tokenizer;
  std::string place;  // for messages
};

// Appends up to `bytes` bytes of whole lines, with their ends where those count; false at the end of all
// text.
using TextBatches = std::function<bool(std::vector<std::string>& lines, std::size_t bytes)>;

// The different words of a text, sorted by their bytes: the same at any thread count. Takes memory for the
// different words and a few megabytes of text at a time. `counted` is called now and then on the calling
// thread.
std::vector<CountedWord> count_words(const TextBatches& next, const WordCutting& cutting,
                                     const ThreadPool* threads, const std::function<void()>& counted = {});

}  // namespace regard
