// TrustedPublisher: who may publish images under which names, and what proves that an image is theirs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/common.h"
#include "base/image_pattern.h"
#include "base/regular_expression.h"

namespace hullwright::api {

enum class PublisherVerification { kSignature, kNameOnly };

enum class AuthorityType { kKey, kKeyless, kNotation };

// Whether a signature must be proved to stand in a transparency log.
enum class LogRequirement { kRequired, kIgnore };

// The TrustRoot of an authority that names none.
inline constexpr std::string_view kDefaultTrustRoot = "public";

// cosign with a key pair. Exactly one of pem, config_map_key_ref and secret_key_ref.
struct KeyAuthority {
  std::string pem;  // one PUBLIC KEY block
  std::optional<DataKeyRef> config_map_key_ref, secret_key_ref;
  LogRequirement transparency_log = LogRequirement::kRequired;
  std::optional<NameRef> trust_root_ref;  // of the log; absent: kDefaultTrustRoot. Only with a required log
};

// cosign with a certificate of Fulcio. Exactly one of subject and subject_reg_exp; both are compared with the whole value.
struct KeylessAuthority {
  std::string issuer;
  std::string subject;
  std::optional<RegularExpression> subject_reg_exp;
  std::map<std::string, std::string> extensions;  // by Fulcio's names ("sourceRepositoryURI"): exact values, all of them
  // Ignore: the time of signing is proved by a time-stamp authority of the TrustRoot alone.
  LogRequirement transparency_log = LogRequirement::kRequired;
  std::optional<NameRef> trust_root_ref;  // absent: kDefaultTrustRoot
};

// What Notary Project verification leaves to be logged: nothing, or time-stamps, expiry and revocation. Weaker levels are no trust.
enum class NotationLevel { kStrict, kPermissive };

struct NotationAuthority {
  NameRef trust_root_ref;
  std::vector<std::string> identities;  // "x509.subject: C=…, ST=…, O=…", or "*" alone
  NotationLevel level = NotationLevel::kStrict;
};

// One way of signing that is the publisher's own. Exactly the member that goes with type.
struct Authority {
  std::string name;
  AuthorityType type = AuthorityType::kKey;
  std::optional<KeyAuthority> key;
  std::optional<KeylessAuthority> keyless;
  std::optional<NotationAuthority> notation;

  // The TrustRoot it rests on; "" for a key without a log.
  std::string_view TrustRootName() const;
};

struct TrustedPublisherSpec {
  std::string display_name;
  std::vector<ImagePattern> repositories;                                  // at least one
  PublisherVerification verification = PublisherVerification::kSignature;  // required
  // Any of them; at least one with Signature, none with NameOnly. Likewise the rest.
  std::vector<Authority> authorities;
  std::string signature_repository;   // "registry.example/signatures"; "": beside the image
  std::vector<ImagePattern> aliases;  // other names of the same images
};

struct TrustedPublisherStatus {
  std::vector<Condition> conditions;
};

struct TrustedPublisher {
  ObjectMeta metadata;
  TrustedPublisherSpec spec;
  TrustedPublisherStatus status;

  // Whether the image is under one of its repositories or, where a signature is asked for, aliases.
  bool Covers(const ImageReference& image) const;
};

}  // namespace hullwright::api
