// Makes the CA of the webhook and the certificates that it signs, and reads them back: ECDSA P-256, SHA-256, X.509 v3 (RFC 5280). Pure but
// for the random numbers of keys and serials.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::controller {

// How far in the past a certificate begins, so that those whose clocks are behind ours take it at once (OPA's cert-controller: 1 h; two
// hours bear an error of one on our side and one on theirs). It is no part of the lifetime.
inline constexpr std::chrono::hours kBackdated{2};

// What a bundle may have, so that a Secret that somebody filled cannot keep us busy.
inline constexpr std::size_t kMaxBundleBytes = 256u << 10, kMaxBundleCertificates = 64;

struct PemPair {
  std::string certificate, key;

  bool operator==(const PemPair&) const = default;
};

// What we want to know of a certificate.
struct CertificateView {
  std::string id;   // SHA-256 of its DER, in hex
  std::string pem;  // of this certificate alone
  Time not_before, not_after;
  bool is_authority = false;  // may sign others
  std::vector<std::string> dns_names;

  // When it was made, as far as we made it.
  Time created() const { return not_before + kBackdated; }
  bool IsValidAt(Time now) const { return not_before <= now && now < not_after; }
};

// A CA of its own, named by name and serial number, so that two of them are never taken for one another. Errors: kInternal.
Result<PemPair> MakeAuthority(std::string_view name, Time now, std::chrono::seconds lifetime);

// A server's certificate for these DNS names, which ends no later than its CA does. Errors: kInvalidInput, with what is wrong with the
// authority; kInternal.
Result<PemPair> SignLeaf(const PemPair& authority, const std::vector<std::string>& dns_names, Time now, std::chrono::seconds lifetime);

// Every certificate of a PEM text, in its order, each once. what: "ca.crt". kInvalidInput: none, or something between them that is torn, or
// more than the bounds.
Result<std::vector<CertificateView>> ReadBundle(std::string_view what, const std::string& pem);

// The first certificate of the pair, proven to belong to its key. whose: "CA". kInvalidInput.
Result<CertificateView> ReadPair(std::string_view whose, const PemPair& pair);

// Whether authority has signed certificate: by names, key identifiers and signature, whatever the time.
bool HasSigned(const CertificateView& authority, const CertificateView& certificate);

// The bundle as it stands in ca.crt and caBundle.
std::string WriteBundle(const std::vector<CertificateView>& certificates);

}  // namespace hullwright::controller
