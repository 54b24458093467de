// What the fuzz targets share: an invariant that ends the run when it does not hold, and the trust that the seeds were minted under.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace hullwright::fuzz {

inline void Require(bool holds) {
  if (!holds) std::abort();
}

// What is told of hostile bytes is one line of visible ASCII.
inline void RequireOneLine(std::string_view message, std::size_t max_bytes = 16'384) {
  Require(!message.empty() && message.size() < max_bytes);
  for (const char c : message) Require(c >= ' ' && c <= '~');
}

inline std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A file of tests/fuzz/trust, written by mint-fuzz-seeds together with the seeds.
#ifdef HULLWRIGHT_FUZZ_TRUST
inline std::string Kept(const std::string& name) {
  std::ifstream file(std::string(HULLWRIGHT_FUZZ_TRUST "/") + name, std::ios::binary);
  Require(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}
#endif

}  // namespace hullwright::fuzz
