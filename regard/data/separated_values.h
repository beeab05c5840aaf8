#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Taking a line apart.

namespace regard::data {

enum class Separated : unsigned char { by_tabs, by_commas };

std::vector<std::string> split_by_tabs(std::string_view line);

// RFC 4180: cells may stand in quotes, in which a quote is doubled; nothing where text follows a closing
// quote.
std::optional<std::vector<std::string>> split_by_commas(std::string_view line);
// Whether a line ends outside of quotes; otherwise the next belongs to it.
bool quotes_are_closed(std::string_view line);

// A field of a line and what separates it from the next; the last takes the rest.
struct LinePart {
  std::optional<std::size_t> field;  // its index; absent: read and dropped
  std::string separator;
};
// "label:_ text" with the fields' names, the first `required` of which must be there. UsageError where a name
// is unknown or missing.
std::vector<LinePart> parse_line_pattern(const std::string& pattern, const std::vector<std::string>& fields,
                                         std::size_t required);

}  // namespace regard::data
