// Strict reading of YAML. It is turned into JSON text first, so that there is one way from text to structs (api/decode.h).
//
// The text is read with libyaml, of which the YAML reader of Kubernetes' own tools is a port, so that both cut a file into the same
// documents. Refused, with line and column: invalid UTF-8, duplicate keys, keys that are no strings, numbers outside 64 bits or not
// finite, application tags, merge keys ("<<"), numbers that YAML 1.1 and 1.2 read differently (0755, 1_000), and more than the limits
// allow.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hullwright {

struct YamlLimits {
  std::size_t max_bytes = 8u << 20;
  std::size_t max_depth = 64;
  std::size_t max_nodes = 1u << 20;  // of all documents, counted after aliases are expanded: stops "billion laughs"
  std::size_t max_documents = 10'000;
};

struct YamlDocument {
  std::string json;  // the document as JSON text
  int line = 1;      // where it begins, 1-based
};

// Every document of a YAML (or JSON) text, empty ones left out. Plain scalars follow the YAML 1.2 core schema, so "yes" is a string
// (Kubernetes' tools still take it for true: where a boolean is wanted, the decoder says so).
Result<std::vector<YamlDocument>> ReadYaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace hullwright
