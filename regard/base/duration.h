#pragma once

#include <string_view>

namespace regard {

// The seconds of a time as people write it: "90s", "30m", "2h", "1h30m", "1d", "1.5h" (days, hours, minutes,
// seconds; from large to small, each once). UsageError for all else, and for 0: a number alone could be of
// any unit. `name` is the option, for the message.
double parse_duration(std::string_view text, std::string_view name);

}  // namespace regard
