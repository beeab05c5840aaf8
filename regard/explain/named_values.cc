#include "regard/explain/named_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "regard/base/error.h"
#include "regard/base/json.h"
#include "regard/base/pattern.h"
#include "regard/base/suggest.h"

namespace regard::explain {
namespace {

constexpr std::array<NamedKind, 17> kinds{{
    {".embedding", "N C", "what the first block reads"},
    {".input", "N C", "the residual stream before a block"},
    {".attention.queries", "N H D", "queries as they are compared (rotated)"},
    {".attention.keys", "M G D", "keys as they are compared (rotated)"},
    {".attention.values", "M G D", "values"},
    {".attention.scale", "", "what the product of a query and a key is multiplied by (read only)",
     NamedKind::Access::read},
    {".attention.weights", "H N S", "how much a row looks at each key; sums to 1"},
    {".attention.log_sum", "N H",
     "logarithm of the sum of exp(score): weight = exp(score - this) (read only)", NamedKind::Access::read},
    {".attention.heads", "N H D", "what each head gives, before its output projection"},
    {".attention.output", "N C", "what attention adds to the stream"},
    {".feed_forward.activations", "N F", "activations inside the feed-forward network"},
    {".feed_forward.output", "N C", "what the feed-forward network adds to the stream"},
    {".lens", "N C", "the stream after a block, as if the model ended there (read only)",
     NamedKind::Access::read},
    {".logits", "N V", "the model's answers as if it ended after a block (read only)",
     NamedKind::Access::read},
    {".stream", "N C", "the stream after the last block"},
    {".output", "N C", "the stack's result, normalized where the model does so"},
    {"", "", ""},
}};

bool of_weights(std::string_view name) { return name.ends_with(".attention.weights"); }

// Which axes heads and rows of a value are.
struct Axes {
  int heads = -1, rows = 0;
};
Axes axes_of(std::string_view name, const Tensor& value) {
  if (of_weights(name)) return {0, 1};
  return {value.rank() == 3 ? 1 : -1, 0};
}

void check_within(const std::vector<std::int64_t>& chosen, std::int64_t count, const std::string& what) {
  for (const std::int64_t i : chosen)
    if (i < 0 || i >= count)
      throw UsageError(fmt::format("{}: found {}, expected 0 to {}", what, i, count - 1));
}

// The indices along each axis of a value that a part chooses.
std::vector<std::vector<std::int64_t>> indices(const std::string& name, const ProbedPart& part,
                                               const Tensor& value) {
  const Axes axes = axes_of(name, value);
  if (!part.heads.empty() && axes.heads < 0)
    throw UsageError(fmt::format("{}: found heads, expected rows alone: it has no heads", name));
  std::vector<std::vector<std::int64_t>> chosen(static_cast<std::size_t>(value.rank()));
  for (int a = 0; a < value.rank(); ++a) {
    auto& list = chosen[static_cast<std::size_t>(a)];
    if (a == axes.heads) list = part.heads;
    if (a == axes.rows) list = part.rows;
    check_within(list, value.size(a), fmt::format("{}: {}", name, a == axes.heads ? "heads" : "rows"));
    if (!list.empty()) continue;
    list.resize(static_cast<std::size_t>(value.size(a)));
    std::iota(list.begin(), list.end(), std::int64_t{0});
  }
  return chosen;
}

// Calls f with the place of each chosen element in the whole value, in order.
template <class F>
void each_place(const std::vector<std::vector<std::int64_t>>& chosen, const Tensor& value, const F& f) {
  std::vector<std::size_t> at(chosen.size(), 0);
  for (const auto& list : chosen)
    if (list.empty()) return;
  for (;;) {
    std::int64_t place = 0;
    for (std::size_t a = 0; a < chosen.size(); ++a)
      place = place * value.size(static_cast<int>(a)) + chosen[a][at[a]];
    f(static_cast<std::size_t>(place));
    std::size_t a = chosen.size();
    while (a > 0 && ++at[a - 1] == chosen[a - 1].size()) at[--a] = 0;
    if (a == 0) return;
  }
}

Tensor taken(const std::string& name, const ProbedPart& part, const Tensor& value) {
  if (part.whole()) return value;
  const auto chosen = indices(name, part, value);
  const std::vector<double> all = value.to_doubles();
  std::vector<double> some;
  each_place(chosen, value, [&](std::size_t i) { some.push_back(all[i]); });
  std::vector<std::int64_t> sizes;
  for (const auto& list : chosen) sizes.push_back(static_cast<std::int64_t>(list.size()));
  return Tensor::from<double>(Shape(sizes), some).to(value.dtype());
}

Tensor changed(const std::string& name, const ValueChange& change, const Tensor& value) {
  std::vector<double> all = value.to_doubles();
  each_place(indices(name, change.what.part, value), value, [&](std::size_t i) {
    all[i] = change.kind == ValueChange::Kind::set ? change.number : all[i] * change.number;
  });
  return Tensor::from<double>(value.shape(), all).to(value.dtype());
}

[[noreturn]] void refuse(const std::string& text, const std::string& expected) {
  throw UsageError(fmt::format("{}: expected {}", printable(text), expected));
}

std::int64_t index_of(std::string_view digits, const std::string& text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || n < 0)
    refuse(text, "numbers such as 2,5 or 0-8");
  return n;
}

// "0-8,11"
std::vector<std::int64_t> index_list(std::string_view list, const std::string& text) {
  constexpr std::int64_t most = 1 << 20;
  std::vector<std::int64_t> found;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view item = list.substr(begin, end - begin);
    const std::size_t dash = item.find('-');
    const std::int64_t first = index_of(item.substr(0, dash), text);
    const std::int64_t last = dash == std::string_view::npos ? first : index_of(item.substr(dash + 1), text);
    if (last < first || last - first >= most) refuse(text, "a range such as 0-8");
    for (std::int64_t i = first; i <= last; ++i) found.push_back(i);
    begin = end + 1;
  }
  return found;
}

}  // namespace

const NamedKind* kind_of(std::string_view name) {
  for (const NamedKind& kind : kinds)
    if (!kind.ending.empty() && name.ends_with(kind.ending)) return &kind;
  return nullptr;
}

bool NameProbe::wants(const std::string& name) {
  names_.push_back(name);
  return false;
}

std::optional<Tensor> NameProbe::see(const std::string& name, const Tensor& value) {
  (void)name, (void)value;
  return std::nullopt;
}

ValueChoice value_choice(const std::string& text) {
  ValueChoice choice;
  const std::size_t colon = std::min(text.find(':'), text.size());
  choice.name = text.substr(0, colon);
  if (choice.name.empty()) refuse(text, "the name of a value");
  for (std::size_t begin = colon + 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    if (part.starts_with("heads="))
      choice.part.heads = index_list(part.substr(6), text);
    else if (part.starts_with("rows="))
      choice.part.rows = index_list(part.substr(5), text);
    else
      refuse(text, "NAME:heads=2,5:rows=0-8");
    begin = end + 1;
  }
  return choice;
}

ValueChange value_change(ValueChange::Kind kind, const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::string example = "NAME:heads=2=0.5: a value, what part of it, and a number";
  if (equals == std::string::npos) refuse(text, example);
  ValueChange change{value_choice(text.substr(0, equals)), kind, 0};
  const char* begin = text.data() + equals + 1;
  const char* stop = text.data() + text.size();
  const auto [end, error] = std::from_chars(begin, stop, change.number);
  if (begin == stop || error != std::errc{} || end != stop) refuse(text, example);
  return change;
}

ValueProbe::ValueProbe(std::vector<ValueChoice> reads, std::vector<ValueChange> changes)
    : reads_(std::move(reads)),
      changes_(std::move(changes)),
      read_found_(reads_.size(), false),
      change_found_(changes_.size(), false) {}

bool ValueProbe::wants(const std::string& name) {
  names_.push_back(name);
  bool wanted = false;
  for (std::size_t i = 0; i < reads_.size(); ++i)
    if (matches_pattern(name, reads_[i].name)) wanted = read_found_[i] = true;
  for (std::size_t i = 0; i < changes_.size(); ++i)
    if (matches_pattern(name, changes_[i].what.name)) wanted = change_found_[i] = true;
  return wanted;
}

// One part can be asked for; where several choices differ all is computed, and they take theirs.
ProbedPart ValueProbe::part(const std::string& name) {
  const ValueChoice* only = nullptr;
  for (const ValueChange& change : changes_)
    if (matches_pattern(name, change.what.name)) return {};
  for (const ValueChoice& read : reads_) {
    if (!matches_pattern(name, read.name)) continue;
    if (only != nullptr) return {};
    only = &read;
  }
  return only != nullptr ? only->part : ProbedPart{};
}

std::optional<Tensor> ValueProbe::see(const std::string& name, const Tensor& value) {
  const NamedKind* kind = kind_of(name);
  std::optional<Tensor> made;
  for (const ValueChange& change : changes_) {
    if (!matches_pattern(name, change.what.name)) continue;
    if (kind != nullptr && kind->access == NamedKind::Access::read)
      throw UsageError(fmt::format("{}: it can be read, but not changed", name));
    made = changed(name, change, made ? *made : value);
  }
  const bool is_part = of_weights(name) && !part(name).whole();
  for (const ValueChoice& read : reads_)
    if (matches_pattern(name, read.name))
      values_.push_back({name, read.part, is_part ? value : taken(name, read.part, made ? *made : value)});
  return made;
}

void ValueProbe::check_found() const {
  const auto check = [&](bool found, const std::string& name) {
    if (!found)
      throw UsageError(fmt::format("{}: the model has no such value{} (--probes lists them)", printable(name),
                                   did_you_mean(name, names_)));
  };
  for (std::size_t i = 0; i < reads_.size(); ++i) check(read_found_[i], reads_[i].name);
  for (std::size_t i = 0; i < changes_.size(); ++i) check(change_found_[i], changes_[i].what.name);
}

}  // namespace regard::explain
