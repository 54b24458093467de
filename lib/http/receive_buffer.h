// The bytes received on one connection, in one piece of memory. A connection keeps base_bytes for itself, which suffices for a head
// and an ordinary AdmissionReview; what a larger body needs is taken from the shared BodyBudget only as its bytes really arrive, so
// that announcing a large body and sending nothing holds nothing. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "http/body_budget.h"

namespace hullwright::http {

class ReceiveBuffer {
 public:
  ReceiveBuffer(std::size_t base_bytes, BodyBudget& budget);
  ~ReceiveBuffer();
  ReceiveBuffer(ReceiveBuffer&&) = delete;

  std::string_view View() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t base_bytes() const { return base_bytes_; }

  // Where the next bytes go; empty when full.
  std::span<char> Free() { return {bytes_.get() + size_, capacity_ - size_}; }
  void Commit(std::size_t received) { size_ += received; }

  // Makes room for one byte more at least, towards a message of wanted bytes. False: the budget is used up.
  [[nodiscard]] bool MakeRoom(std::size_t wanted);
  // Drops the first bytes and returns what was borrowed, as far as the rest allows.
  void Consume(std::size_t count);

 private:
  void MoveTo(std::unique_ptr<char[]> bytes, std::size_t capacity);

  const std::size_t base_bytes_;
  BodyBudget& budget_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace hullwright::http
