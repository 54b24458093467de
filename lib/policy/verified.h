// Verified<T>: a value whose signature was checked. Only lib/verify can make one, so no other code can mistake what it merely found for
// what was proved (docs/decisions/0013-verified.md).
#pragma once

#include <utility>

namespace hullwright::verify {
class Attestor;  // the one place in lib/verify that calls the constructor
}

namespace hullwright::policy {

// The key to Verified's constructor; nobody but verify::Attestor can hold one.
class VerifierPasskey {
  friend class hullwright::verify::Attestor;
  VerifierPasskey() = default;
};

template <class T>
class Verified {
 public:
  Verified(VerifierPasskey, T value) : value_(std::move(value)) {}

  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  T value_;
};

}  // namespace hullwright::policy
