#include "evidence/work_pool.h"

#include <algorithm>
#include <utility>

namespace hullwright::evidence {

WorkPool::WorkPool(Options options) : options_(options), idle_(options.threads) {
  threads_.reserve(options_.threads);
  for (unsigned i = 0; i < options_.threads; ++i) threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
}

WorkPool::~WorkPool() {
  for (auto& thread : threads_) thread.request_stop();
}

bool WorkPool::Submit(Urgency urgency, std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    auto& queue = urgency == Urgency::kAdmission ? admission_ : background_;
    if (queue.size() >= options_.max_waiting) return false;
    queue.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

bool WorkPool::SubmitToIdle(Urgency urgency, std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    // Background work beyond its places waits for other background work, whichever threads are free: it takes none from admission.
    const std::size_t places = options_.background_threads - background_running_;
    if (urgency == Urgency::kBackground && background_.size() >= places) return false;
    if (admission_.size() + std::min(background_.size(), places) >= idle_) return false;
    (urgency == Urgency::kAdmission ? admission_ : background_).push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

bool WorkPool::HasWork() const {
  return !admission_.empty() || (!background_.empty() && background_running_ < options_.background_threads);
}

void WorkPool::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return HasWork(); })) {
    if (stop.stop_requested()) return;
    --idle_;
    const bool is_background = admission_.empty();
    auto& queue = is_background ? background_ : admission_;
    auto work = std::move(queue.front());
    queue.pop_front();
    background_running_ += is_background ? 1 : 0;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    background_running_ -= is_background ? 1 : 0;
    ++idle_;
    // A background place is free again; whoever sleeps because there was none must be told.
    if (is_background) changed_.notify_one();
  }
}

}  // namespace hullwright::evidence
