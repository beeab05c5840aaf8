#pragma once

namespace regard::cli {

// At the start of the program: SIGINT and SIGTERM end it at once with exit code 130, silently.
void end_on_interrupts();

// After this, the first SIGINT or SIGTERM only raises a flag, for work that can stop at a good place (save,
// finish a line); a second one ends the program at once.
void hold_interrupts();

// Whether one came. Cheap, from any thread.
bool interrupted();

}  // namespace regard::cli
