#include "http/receive_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hullwright::http {

ReceiveBuffer::ReceiveBuffer(std::size_t base_bytes, BodyBudget& budget)
    : base_bytes_(base_bytes), budget_(budget), bytes_(std::make_unique_for_overwrite<char[]>(base_bytes)), capacity_(base_bytes) {}

ReceiveBuffer::~ReceiveBuffer() {
  budget_.GiveBack(capacity_ - base_bytes_);
}

bool ReceiveBuffer::MakeRoom(std::size_t wanted) {
  if (size_ < capacity_) return true;
  const std::size_t capacity = std::max(capacity_ + 1, std::min(wanted, capacity_ * 2));
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);  // first: it may throw
  if (!budget_.TryTake(capacity - capacity_)) return false;
  MoveTo(std::move(bytes), capacity);
  return true;
}

void ReceiveBuffer::Consume(std::size_t count) {
  size_ -= count;
  std::memmove(bytes_.get(), bytes_.get() + count, size_);
  if (capacity_ > base_bytes_ && size_ <= base_bytes_) {
    auto bytes = std::make_unique_for_overwrite<char[]>(base_bytes_);
    budget_.GiveBack(capacity_ - base_bytes_);
    MoveTo(std::move(bytes), base_bytes_);
  }
}

void ReceiveBuffer::MoveTo(std::unique_ptr<char[]> bytes, std::size_t capacity) {
  std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

}  // namespace hullwright::http
