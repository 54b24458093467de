// Objects of the API server as JSON: read one, or learn that there is none.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "kube/client.h"

namespace hullwright::controller {

// By when a call must have been answered that begins now.
Deadline CallDeadline();

// nullopt: the API server says that there is none. Errors: those of the client, and kInvalidInput for what is no object.
Result<std::optional<nlohmann::json>> ReadObject(kube::KubeClient& client, const std::string& path);

// The object in an answer of the API server.
Result<nlohmann::json> ObjectIn(const kube::KubeReply& reply);

// metadata.NAME as text; "" when there is none.
std::string MetadataText(const nlohmann::json& object, const char* name);

// metadata.annotations[name]; "" when there is none.
std::string AnnotationOf(const nlohmann::json& object, const std::string& name);

}  // namespace hullwright::controller
