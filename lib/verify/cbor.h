// CBOR (RFC 8949) read strictly, for COSE: libcbor splits the bytes into heads, and this builds a small tree of views into them.
//
// Refused: indefinite lengths, lengths and integers in more bytes than they need, map keys twice, text that is not UTF-8, floating point
// and simple values (no signature has them), bytes after the value. Nothing is allocated by a declared size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"

namespace hullwright::verify {

struct CborLimits {
  std::size_t max_bytes = 8u << 20;
  std::size_t max_depth = 8;  // arrays, maps and tags inside each other
  std::size_t max_values = 1024;
};

// Views into the bytes that were read; they must outlive it.
struct CborValue {
  enum class Kind { kInteger, kBytes, kText, kArray, kMap, kTag };

  Kind kind = Kind::kInteger;
  std::int64_t integer = 0;      // kInteger; the number of a kTag
  std::string_view bytes;        // kBytes, kText
  std::vector<CborValue> items;  // kArray; of a kMap key, value, key, value…; of a kTag the one value
  std::string_view encoded;      // the whole value as it was carried

  // The value under a key of a map, or null.
  const CborValue* Find(std::int64_t key) const;
  const CborValue* Find(std::string_view key) const;
};

Checked<CborValue> ReadCbor(std::string_view bytes, const CborLimits& limits = {});

// "["Signature1", protected, h'', payload]": what a COSE_Sign1 signs (RFC 9052 section 4.4).
std::string CoseSigStructure(std::string_view protected_bytes, std::string_view payload);

}  // namespace hullwright::verify
