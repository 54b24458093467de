// Whole signatures by a private Sigstore: bundles of every form and cosign's layers, valid as they are made, to be broken in a test.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "support/minted_rekor.h"
#include "support/minted_sigstore.h"

namespace hullwright::testing {

enum class LogForm { kNone, kTimeStamp, kRekor1, kRekor2 };  // kTimeStamp: a token and no entry; kRekor2 comes with a token

struct SignatureShape {
  bool by_key = false;    // else by a certificate of MintedSigstore's Fulcio
  bool statement = true;  // a DSSE envelope; else a signature of the artifact
  LogForm log = LogForm::kRekor1;
  std::string media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
  std::string predicate_type = "https://sigstore.dev/cosign/sign/v1";
  std::string predicate = "{}";
  std::string entry_kind = "dsse";  // of an envelope in Rekor 1: "dsse", "intoto" (0.0.2), "intoto1" (0.0.1, layers)
  Time time = kMintedTime;
  std::string payload_type = "application/vnd.in-toto+json";
  std::string subject = "URI:https://ci.example/release.yml@refs/heads/main";
  bool promised_certificate = true;  // by the CT log
};

class MintedSigstore {
 public:
  MintedSigstore();

  const MintedFulcio fulcio;
  const MintedCertificateLog certificate_log;
  const MintedTimeStampAuthority authority;
  const MintedRekor rekor1{MintedRekor::Generation::kFirst};
  const MintedRekor rekor2{MintedRekor::Generation::kSecond, MintedKey::kP384};
  const MintedKey key{MintedKey::kP256};  // of signers without a certificate
  std::string artifact = R"({"schemaVersion":2,"a":"manifest"})";

  Digest ArtifactDigest() const;
  verify::PublicKey PublicKey() const;
  verify::TrustedRoot Root() const;

  nlohmann::json Bundle(const SignatureShape& shape) const;

  struct Layer {
    std::string media_type, bytes;
    std::map<std::string, std::string, std::less<>> annotations;
  };
  // "statement" decides between ".att" and ".sig"; the payload of the latter names registry.example/shop/api.
  Layer CosignLayer(const SignatureShape& shape) const;

  std::string Statement(const SignatureShape& shape) const;

 private:
  struct Signer;
  Signer MakeSigner(const SignatureShape& shape) const;
};

nlohmann::json EntryJson(const verify::LogEntry& entry);

}  // namespace hullwright::testing
