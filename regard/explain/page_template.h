#pragma once

#include <string_view>

namespace regard::explain {

// The page but for its script and data: the marks @TITLE@, @HEADING@, @NOTE@, @DATA@ and @SCRIPT@, once each
// and in this order.
std::string_view page_template();
// What draws it: these parts, one after another.
std::string_view page_script_basics();
std::string_view page_script_answers();
std::string_view page_script_maps();
std::string_view page_script_attention();
std::string_view page_script_neurons();
std::string_view page_script_frame();

}  // namespace regard::explain
