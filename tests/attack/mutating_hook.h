// Somebody else's mutating webhook, registered for the life of the object: applies one JSON patch to Pods that carry its label.
#pragma once

#include <memory>
#include <string>

#include "attack/gate.h"

namespace hullwright::test {

class MutatingHook {
 public:
  // Returns when the API server calls the hook (it takes up new configurations within about a second).
  MutatingHook(const std::string& name, const Json& patch);
  ~MutatingHook();

  // The Pod with the label that makes the API server call this hook.
  Json Marked(Json pod) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hullwright::test
