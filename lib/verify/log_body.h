// What a Rekor entry says was signed, by whom and how, held against what we verify (CVE-2022-36056, CVE-2026-22703). Source: research
// sections 0.10 and 0.11.
//
// Pure and thread-safe. kParse and kStructure: a malformed body; kUnsupported: a kind we do not know; kLogEntry: an entry of something
// else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verify/certificate.h"
#include "verify/dsse.h"
#include "verify/failure.h"
#include "verify/public_key.h"
#include "verify/signed_message.h"

namespace hullwright::verify {

// Who signed: a certificate, or a key of the policy's.
struct SignerKey {
  PublicKey key;
  std::optional<Certificate> certificate;

  explicit SignerKey(const PublicKey& by_key) : key(by_key) {}
  explicit SignerKey(const Certificate& by_certificate) : key(by_certificate.public_key()), certificate(by_certificate) {}
};

// The thing that the entry must be about. References live as long as their owners.
struct LoggedSignature {
  std::string_view signature;  // raw
  const SignerKey& signer;
  const SignedMessage& message;            // what the signature covers; of an envelope its pre-authentication encoding
  const DsseEnvelope* envelope = nullptr;  // null: a plain signature
  std::string_view envelope_bytes;         // of the envelope as it was stored and submitted; "" when those are not at hand
};

// The kinds as the entry's kindVersion names them.
inline constexpr std::string_view kRekor2Kind = "hashedrekord";
inline constexpr std::string_view kRekor2Version = "0.0.2";

// A Rekor v1 body: hashedrekord 0.0.1 and rekord 0.0.1 of a plain signature; dsse 0.0.1, intoto 0.0.2 and 0.0.1 of an envelope. kind and
// version are those outside the body, which must be those inside; "" when there are none outside.
Checked<void> RequireBodyMatches(std::string_view body, std::string_view kind, std::string_view version, const LoggedSignature& wanted);

// The one body that a Rekor v2 log can hold for this signature, in canonical form: it is never read, only rebuilt.
Checked<std::string> RebuildRekor2Body(const LoggedSignature& wanted);

}  // namespace hullwright::verify
