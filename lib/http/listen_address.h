// Where a server listens, as a command line says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::http {

struct ListenAddress {
  std::string address;  // "0.0.0.0", "::1"
  std::uint16_t port = 0;

  bool IsLoopback() const;
};

// ADDRESS:PORT; "localhost" is 127.0.0.1. option, for the error: "--listen".
Result<ListenAddress> ParseListenAddress(std::string_view option, const std::string& text);

}  // namespace hullwright::http
