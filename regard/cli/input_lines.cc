#include "regard/cli/input_lines.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "regard/base/error.h"
#include "regard/base/file.h"
#include "regard/cli/interrupt.h"
#include "regard/text/unicode.h"

namespace regard::cli {
namespace {

constexpr std::size_t most_lines = 1 << 14;
constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::chrono::milliseconds longest_wait{50};  // of the first line that is taken, for more

}  // namespace

struct InputLines::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  bool finished = false;
  std::exception_ptr failure;

  void read(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      LineReader reader(file);
      while (const auto line = reader.next()) {
        require_utf8(*line, reader.name(), reader.number());
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return lines.size() < most_lines && bytes < most_bytes; });
        bytes += line->size();
        lines.emplace_back(*line);
        changed.notify_all();
      }
    }
  }
};

InputLines::InputLines(std::vector<std::string> files) : shared_(std::make_shared<Shared>()) {
  if (files.empty()) files.emplace_back("-");
  // Nothing can wake a thread that waits for standard input: it is left alone at the end of the program and
  // holds what it uses.
  std::thread([shared = shared_, files = std::move(files)] {
    std::exception_ptr failure;
    try {
      shared->read(files);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(shared->mutex);
    shared->failure = failure;
    shared->finished = true;
    shared->changed.notify_all();
  }).detach();
}

std::vector<std::string> InputLines::take(std::size_t most) {
  using namespace std::chrono_literals;
  std::unique_lock lock(shared_->mutex);
  while (shared_->lines.empty() && !shared_->finished) {
    shared_->changed.wait_for(lock, 100ms);  // a signal wakes no condition variable
    if (interrupted()) throw Interrupted("interrupted");
  }
  // As long as more arrives at once it is worth waiting for a full batch, but not for ever.
  const auto deadline = std::chrono::steady_clock::now() + longest_wait;
  for (std::size_t before = 0;
       shared_->lines.size() < most && !shared_->finished && std::chrono::steady_clock::now() < deadline;) {
    before = shared_->lines.size();
    shared_->changed.wait_for(lock, 5ms, [&] { return shared_->lines.size() >= most || shared_->finished; });
    if (shared_->lines.size() == before) break;
  }
  std::vector<std::string> taken;
  while (!shared_->lines.empty() && taken.size() < most) {
    shared_->bytes -= shared_->lines.front().size();
    taken.push_back(std::move(shared_->lines.front()));
    shared_->lines.pop_front();
  }
  shared_->changed.notify_all();
  if (taken.empty() && shared_->failure) std::rethrow_exception(shared_->failure);
  return taken;
}

}  // namespace regard::cli
