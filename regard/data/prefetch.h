#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "regard/data/batches.h"

namespace regard::data {

// Makes the batches of an epoch ahead of the one that is asked for, on a thread of its own. What a batch is
// depends on its number alone, so nothing depends on how far ahead the thread is. One thread asks.
class Prefetcher {
 public:
  // Called from the other thread, one batch at a time. What it throws reaches the caller of `get`.
  using Make = std::function<PairBatch(std::size_t batch)>;
  struct Options {
    std::size_t batches = 0;  // of the epoch
    std::size_t ahead = 4;    // made before they are asked for; 0: none, and there is no thread
  };
  Prefetcher(Make make, const Options& options) : make_(std::move(make)), options_(options) {}
  ~Prefetcher() { stop(); }  // waits for the batch that is being made
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // That batch, valid until the next call. Quick where the numbers follow each other (or repeat); any other
  // one begins anew from there. The thread starts with the first call.
  const PairBatch& get(std::size_t batch);

 private:
  void start(std::size_t first);
  void stop();
  void produce(std::size_t first);
  PairBatch take();

  Make make_;
  Options options_;
  PairBatch current_;
  std::size_t current_number_ = SIZE_MAX;
  std::size_t next_ = SIZE_MAX;  // that the thread hands out
  std::thread thread_;

  std::mutex mutex_;  // for what follows
  std::condition_variable changed_;
  std::deque<PairBatch> ready_;
  std::exception_ptr failure_;  // after what is ready
  bool stopping_ = false;
};

}  // namespace regard::data
