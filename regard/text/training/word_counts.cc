#include "regard/text/training/word_counts.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "regard/text/normalizer.h"
#include "regard/text/pre_tokenizer.h"

namespace regard {
namespace {

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Counts = std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>>;

class Cutter {
 public:
  explicit Cutter(const WordCutting& cutting)
      : normalizer_(parse_normalizer(JsonField(cutting.normalizer, cutting.place))),
        pre_tokenizer_(parse_pre_tokenizer(JsonField(cutting.pre_tokenizer, cutting.place))) {}

  void count(std::string_view line, Counts& counts) const {
    AlignedText text(line, 0);
    if (normalizer_) normalizer_->normalize(text);
    if (text.text().empty()) return;
    Section section;
    section.pieces = {text.all()};
    section.text = std::move(text);
    if (pre_tokenizer_) pre_tokenizer_->split(section);
    if (section.bytes) write_bytes_out(section);
    for (const ByteRange& piece : section.pieces) {
      const std::string_view word = section.text.view(piece);
      const auto found = counts.find(word);
      if (found != counts.end())
        ++found->second;
      else
        counts.emplace(word, 1);
    }
  }

 private:
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<PreTokenizer> pre_tokenizer_;
};

constexpr std::size_t batch_bytes = std::size_t{8} << 20;
constexpr std::size_t part_bytes = std::size_t{1} << 18;

// Runs of lines that one thread counts at a time.
std::vector<std::size_t> parts_of(const std::vector<std::string>& lines) {
  std::vector<std::size_t> begins{0};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bytes += lines[i].size();
    if (bytes < part_bytes) continue;
    begins.push_back(i + 1);
    bytes = 0;
  }
  if (begins.back() != lines.size()) begins.push_back(lines.size());
  return begins;
}

}  // namespace

std::vector<CountedWord> count_words(const TextBatches& next, const WordCutting& cutting,
                                     const ThreadPool* threads, const std::function<void()>& counted) {
  const Cutter cutter(cutting);
  Counts all;
  std::vector<std::string> lines;
  for (bool more = true; more;) {
    lines.clear();
    more = next(lines, batch_bytes);
    const std::vector<std::size_t> begins = parts_of(lines);
    const auto parts = static_cast<std::int64_t>(begins.size()) - 1;
    std::vector<Counts> found(static_cast<std::size_t>(parts));
    const auto count = [&](std::int64_t p) {
      const auto part = static_cast<std::size_t>(p);
      for (std::size_t i = begins[part]; i < begins[part + 1]; ++i) cutter.count(lines[i], found[part]);
    };
    if (threads != nullptr)
      threads->run(parts, count);
    else
      for (std::int64_t p = 0; p < parts; ++p) count(p);
    for (Counts& part : found)
      for (auto& [word, times] : part) all[word] += times;
    if (counted) counted();
  }
  std::vector<CountedWord> words;
  words.reserve(all.size());
  while (!all.empty()) {
    auto node = all.extract(all.begin());
    words.push_back({std::move(node.key()), node.mapped()});
  }
  std::sort(words.begin(), words.end(),
            [](const CountedWord& a, const CountedWord& b) { return a.text < b.text; });
  return words;
}

}  // namespace regard
