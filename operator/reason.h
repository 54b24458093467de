// The reasons of the operator's events: one vocabulary with the log and docs/operations.md.
#pragma once

namespace hullwright::controller::reason {

inline constexpr const char* kAuthorityCreated = "AuthorityCreated";
inline constexpr const char* kAuthorityRetired = "AuthorityRetired";
inline constexpr const char* kCertificateIssued = "CertificateIssued";
inline constexpr const char* kSecretUnusable = "SecretUnusable";
inline constexpr const char* kWebhookConfigurationApplied = "WebhookConfigurationApplied";
inline constexpr const char* kWebhookConfigurationDrift = "WebhookConfigurationDrift";
inline constexpr const char* kWebhookConfigurationInvalid = "WebhookConfigurationInvalid";
inline constexpr const char* kWebhookNotAnswering = "WebhookNotAnswering";
inline constexpr const char* kGateOff = "GateOff";
inline constexpr const char* kGateOn = "GateOn";

}  // namespace hullwright::controller::reason
