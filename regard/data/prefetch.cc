#include "regard/data/prefetch.h"

#include <cassert>
#include <utility>

namespace regard::data {

const PairBatch& Prefetcher::get(std::size_t batch) {
  assert(batch < options_.batches);
  if (batch == current_number_) return current_;
  current_number_ = SIZE_MAX;  // until there is one: making it may fail
  if (options_.ahead == 0) {
    current_ = make_(batch);
  } else {
    if (batch != next_) start(batch);
    current_ = take();
    ++next_;
  }
  current_number_ = batch;
  return current_;
}

void Prefetcher::start(std::size_t first) {
  stop();
  stopping_ = false;
  failure_ = nullptr;
  ready_.clear();
  next_ = first;
  thread_ = std::thread([this, first] { produce(first); });
}

void Prefetcher::stop() {
  next_ = SIZE_MAX;
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Prefetcher::produce(std::size_t first) {
  try {
    for (std::size_t i = first; i < options_.batches; ++i) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || ready_.size() < options_.ahead; });
        if (stopping_) return;
      }
      PairBatch batch = make_(i);
      {
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(batch));
      }
      changed_.notify_all();
    }
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    changed_.notify_all();
  }
}

PairBatch Prefetcher::take() {
  std::exception_ptr failure;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
    if (!ready_.empty()) {
      PairBatch batch = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      changed_.notify_all();
      return batch;
    }
    failure = failure_;
  }
  stop();  // asked again, it tries again
  std::rethrow_exception(failure);
}

}  // namespace regard::data
