// A port for a server that must come back on the same one, or that cannot choose by itself.
#pragma once

#include <cstdint>

namespace hullwright::testing {

// Was free on 127.0.0.1 a moment ago, and lies below those the kernel gives to outgoing connections: while the server is down no client of
// it can sit on its port. Somebody else may still take it before it is used. Throws std::runtime_error when there is none. Thread-safe.
std::uint16_t FreePort();

}  // namespace hullwright::testing
