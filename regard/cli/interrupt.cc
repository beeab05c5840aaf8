#include "regard/cli/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace regard::cli {
namespace {

// A signal handler can reach nothing but this. The flag alone: work done in a handler fails now and then.
volatile std::sig_atomic_t signals_seen = 0;

extern "C" void note_signal(int) {
  constexpr int exit_interrupted = 130;
  if (signals_seen != 0) _exit(exit_interrupted);
  signals_seen = 1;
}

}  // namespace

void hold_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // a read that waits for input is woken
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return signals_seen != 0; }

}  // namespace regard::cli
