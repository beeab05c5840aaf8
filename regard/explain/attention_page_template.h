#pragma once

#include <string_view>

namespace regard::explain {

// The page but for its data: the marks @TITLE@, @HEADING@, @NOTE@ and @DATA@, once each and in this order.
std::string_view attention_page_template();

}  // namespace regard::explain
