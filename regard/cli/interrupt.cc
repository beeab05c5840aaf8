#include "regard/cli/interrupt.h"

#include <unistd.h>

#include <csignal>

namespace regard::cli {
namespace {

// A signal handler can reach nothing but this. The flag alone: work done in a handler fails now and then.
volatile std::sig_atomic_t signals_seen = 0;

constexpr int exit_interrupted = 130;

extern "C" void end_at_once(int) { _exit(exit_interrupted); }

extern "C" void note_signal(int) {
  if (signals_seen != 0) _exit(exit_interrupted);
  signals_seen = 1;
}

void on_interrupts(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // a read that waits for input is woken
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

void end_on_interrupts() { on_interrupts(end_at_once); }
void hold_interrupts() { on_interrupts(note_signal); }

bool interrupted() { return signals_seen != 0; }

}  // namespace regard::cli
