// Takes what looks like a secret out of what goes to strangers: logs, messages, objects of a cluster.
//
// What is known by its form goes wherever it stands: private keys in PEM (also base64 of it), bearer and basic credentials, JSON web
// tokens, passwords in URLs, tokens of well-known services. What is known by its name goes where a name stands before it: password=…,
// "token": "…", Authorization: …. A secret that has neither form nor name (a password alone in a sentence) cannot be told from other text.
//
// Pure and thread-safe; linear in the text, whatever it holds.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hullwright::cli {

inline constexpr std::string_view kRedacted = "[redacted]";

// Any bytes.
std::string Redact(std::string text);

// An object of Kubernetes: every text through Redact; besides, without what kubectl copied into its annotations, without managedFields, and
// without values of environment variables that stand in it. References to Secrets keep their names.
nlohmann::json RedactObject(nlohmann::json object);

}  // namespace hullwright::cli
