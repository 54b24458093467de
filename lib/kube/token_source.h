// The bearer token of a ServiceAccount: kubelet replaces the file before the token expires, so it is read again and again.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/guarded.h"

namespace hullwright::kube {

// Thread-safe. now is the monotonic time of the call.
class TokenSource {
 public:
  explicit TokenSource(std::string fixed_token);  // "": anonymous, or a client certificate speaks for us
  // Errors: a file that cannot be read, is empty, larger than 64 KiB or holds anything but one token.
  static Result<TokenSource> FromFile(std::string file, Deadline now);
  TokenSource(TokenSource&&) noexcept;

  // The token, read again when the last reading is 60 s old. A reading that fails keeps the last good token.
  std::string Get(Deadline now);
  // Reads at once, because refused has been answered with 401. True: the token is another one now.
  bool Renew(const std::string& refused, Deadline now);

 private:
  struct State {
    std::string token;
    Deadline read_at;
  };

  void Read(State& state, Deadline now) const;

  std::string file_;  // "": fixed
  Guarded<State> state_;
};

}  // namespace hullwright::kube
