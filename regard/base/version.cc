#include "regard/base/version.h"

#ifndef REGARD_VERSION
#define REGARD_VERSION "unknown"
#endif

namespace regard {

std::string_view version() { return REGARD_VERSION; }

}  // namespace regard
