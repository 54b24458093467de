#include "http/exchange.h"

#include <utility>

namespace hullwright::http {
namespace {

// More than this waiting for the caller holds the connection back.
constexpr std::size_t kMaxWaitingBytes = 1u << 20;

}  // namespace

ExchangeEvent Exchange::Wait(Deadline deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return head_ || (head_taken_ && !arrived_.empty()) || finished_; };
  changed_.wait_until(lock, stop, deadline, ready);
  // Asked first: a peer that always has something to send must not outlast them.
  if (stop.stop_requested()) return Stopped{};
  if (!ready() || (!finished_ && std::chrono::steady_clock::now() >= deadline)) return TimedOut{};
  if (head_) {
    head_taken_ = true;
    return *std::exchange(head_, std::nullopt);
  }
  if (!arrived_.empty() && head_taken_) {
    std::string bytes = std::exchange(arrived_, {});
    LetMoreCome(lock);
    return bytes;
  }
  if (failure_) return failure_;
  return Finished{};
}

void Exchange::Abandon() {
  std::unique_lock lock(mutex_);
  abandoned_ = true;
  head_.reset();
  arrived_.clear();
  LetMoreCome(lock);
}

void Exchange::LetMoreCome(std::unique_lock<std::mutex>& lock) {
  const auto held_back = std::exchange(held_back_, std::nullopt);
  lock.unlock();  // continuations may run at once
  if (held_back) held_back->set();
}

void Exchange::SetHead(web::http::http_response head) {
  std::lock_guard lock(mutex_);
  if (abandoned_) return;
  head_ = std::move(head);
  changed_.notify_all();
}

pplx::task<void> Exchange::Append(std::string_view bytes) {
  std::lock_guard lock(mutex_);
  if (abandoned_) return pplx::task_from_result();
  arrived_.append(bytes);
  changed_.notify_all();
  if (arrived_.size() <= kMaxWaitingBytes) return pplx::task_from_result();
  held_back_.emplace();
  return pplx::create_task(*held_back_);
}

void Exchange::Finish(std::exception_ptr failure) {
  std::lock_guard lock(mutex_);
  finished_ = true;
  failure_ = std::move(failure);
  changed_.notify_all();
}

}  // namespace hullwright::http
