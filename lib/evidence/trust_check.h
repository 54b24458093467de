// Keys, certificates and documents that stand in an object of ours, looked at when the object is written: what could not be used is refused
// then, and not when the first image meets it. What the object only refers to (ConfigMaps, Secrets) is not fetched.
//
// Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "api/object.h"

namespace hullwright::evidence {

// "spec.authorities[0].key.pem: …": the field, what is wrong with it and what would be right, one each. Empty: nothing, or an object of a
// kind without such material. None repeats key material.
std::vector<std::string> MistakesInTrustMaterial(const api::Object& object);

}  // namespace hullwright::evidence
