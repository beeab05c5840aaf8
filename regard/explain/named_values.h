#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "regard/autograd/probe.h"

namespace regard::explain {

// What values of a pass a name stands for. Axes: N rows (tokens), M rows of the keys, S keys of a sequence, H
// heads, G key heads, D head width, C model width, F feed-forward width, V the vocabulary or labels.
struct NamedKind {
  enum class Access : std::uint8_t { change, read };  // what a probe may do
  std::string_view ending;                            // of the name
  std::string_view axes;                              // e.g. "H N S"
  std::string_view meaning;                           // in words
  Access access = Access::change;
};
// Of the value of that name; null where no kind is known.
const NamedKind* kind_of(std::string_view name);

// Collects the names that a pass offers, in their order, and asks for none of them.
class NameProbe final : public Probe {
 public:
  bool wants(const std::string& name) override;
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

// A value by its name, a pattern (regard/base/pattern.h), and which part of it.
struct ValueChoice {
  std::string name;
  ProbedPart part;
};
// From "NAME", "NAME:heads=2,5" or "NAME:heads=0:rows=0-8,11". UsageError that says what was found.
ValueChoice value_choice(const std::string& text);

// A part of a value is made a number, or is multiplied by it.
struct ValueChange {
  enum class Kind : std::uint8_t { set, scale };
  ValueChoice what;
  Kind kind = Kind::set;
  double number = 0;
};
// From "CHOICE=NUMBER", where a choice is as above.
ValueChange value_change(ValueChange::Kind kind, const std::string& text);

// A part of a value: [heads,rows,S] of attention weights, else [rows,heads,...] or [rows,...].
struct ReadValue {
  std::string name;
  ProbedPart part;  // empty: all
  Tensor value;
};

// Reads chosen values of a pass, or of many, as they come, and changes others. Of attention weights that are
// only read nothing but the chosen part is computed.
class ValueProbe final : public Probe {
 public:
  ValueProbe(std::vector<ValueChoice> reads, std::vector<ValueChange> changes);

  bool wants(const std::string& name) override;
  std::optional<Tensor> see(const std::string& name, const Tensor& value) override;
  ProbedPart part(const std::string& name) override;

  const std::vector<ReadValue>& values() const { return values_; }
  // UsageError that names the choice which no value of the passes so far matched.
  void check_found() const;

 private:
  std::vector<ValueChoice> reads_;
  std::vector<ValueChange> changes_;
  std::vector<bool> read_found_, change_found_;
  std::vector<std::string> names_;  // offered
  std::vector<ReadValue> values_;
};

}  // namespace regard::explain
