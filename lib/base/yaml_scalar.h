// What a YAML scalar means. Private to lib/base: others use ReadYaml.
// Source: YAML 1.2.2, section 10.3.2, the core schema.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::yaml {

enum class ScalarKind { kNull, kBoolean, kInteger, kFloat, kString };

struct Scalar {
  ScalarKind kind = ScalarKind::kString;
  std::string json;  // the value as JSON text; for a string with its quotes
};

// A scalar written without quotes and without tag. Refused: numbers that JSON or 64 bits cannot hold, and those that YAML 1.1, which
// Kubernetes' tools still read, takes for other numbers than YAML 1.2 does.
Result<Scalar> ResolvePlain(std::string_view text);

// "text" as JSON writes it. text is valid UTF-8.
std::string QuoteJson(std::string_view text);

}  // namespace hullwright::yaml
