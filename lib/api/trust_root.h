// TrustRoot: what authorities of publishers rest on, as data. Nothing here is fetched while a request waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/common.h"

namespace hullwright::api {

enum class TrustRootType { kSigstore, kTUF, kNotation };

// Whether a check is made. Ignore is for closed networks that lack what the check needs.
enum class CheckRequirement { kRequired, kIgnore };

// trusted_root.json (sigstore protobuf-specs) as data.
struct SigstoreRoot {
  JsonSource trusted_root;
  CheckRequirement certificate_transparency = CheckRequirement::kRequired;  // of Fulcio's certificates: embedded SCT
};

// A TUF repository, or a mirror of one, that keeps trusted_root.json up to date.
struct TUFRoot {
  std::string mirror;       // https://tuf-repo-cdn.sigstore.dev
  JsonSource initial_root;  // root.json from which trust starts
  std::int64_t refresh_hours = 24;
};

// Notary Project trust stores. certificates or signing_authorities, or both.
struct NotationRoot {
  std::optional<PemSource> certificates;            // store "ca"
  std::optional<PemSource> signing_authorities;     // store "signingAuthority"
  std::optional<PemSource> timestamp_certificates;  // store "tsa"
  std::optional<PemSource> revocation_lists;        // X509 CRL blocks, looked at before anything is fetched
  CheckRequirement revocation = CheckRequirement::kRequired;
};

struct TrustRootSpec {
  TrustRootType type = TrustRootType::kSigstore;
  std::optional<SigstoreRoot> sigstore;
  std::optional<TUFRoot> tuf;
  std::optional<NotationRoot> notation;
};

struct TrustRootStatus {
  std::vector<Condition> conditions;  // Ready
};

struct TrustRoot {
  ObjectMeta metadata;
  TrustRootSpec spec;
  TrustRootStatus status;
};

}  // namespace hullwright::api
