// The services of a private Sigstore that sign certificates and times: a Fulcio of root and intermediate, a certificate log, a time-stamp
// authority. Errors throw std::runtime_error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "support/minted_certificate.h"
#include "verify/trusted_root.h"

namespace hullwright::testing {

// A Fulcio extension below 1.3.6.1.4.1.57264: raw text ("1.1") or one UTF8String ("1.8").
MintedExtension FulcioRaw(std::string_view suffix, std::string_view text);
MintedExtension FulcioText(std::string_view suffix, std::string_view text);
std::string DerUtf8(std::string_view text);

inline const Time kMintedTime = Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)) + std::chrono::hours(12);

class MintedCertificateLog {
 public:
  explicit MintedCertificateLog(MintedKey::Type type = MintedKey::kP256);
  verify::TransparencyLog Description() const;  // for a trusted root; used from 2026 on
  // One SCT in TLS encoding over the to-be-signed part of this certificate.
  std::string Promise(const std::string& certificate_der, const verify::PublicKey& issuer, Time time,
                      std::string_view extensions = "") const;
  // Any SCT: what is signed is given.
  std::string Sct(std::string_view signed_entry, Time time, std::string_view extensions, std::string_view log_id) const;
  const MintedKey& key() const { return key_; }
  const verify::PublicKey& public_key() const { return public_key_; }

 private:
  MintedKey key_;
  verify::PublicKey public_key_;
};
// The extension that embeds these SCTs.
MintedExtension EmbeddedScts(const std::vector<std::string>& scts);

class MintedFulcio {
 public:
  MintedFulcio();
  // A leaf for ten minutes around kMintedTime with Fulcio's usual extensions and these besides.
  CertificateShape LeafShape(std::string_view subject = "URI:https://ci.example/release.yml@refs/heads/main",
                             std::string_view issuer = "https://issuer.example") const;
  std::string Mint(const CertificateShape& shape, const MintedKey& subject) const {
    return MintCertificate(shape, subject, intermediate_key_);
  }
  // The same with the promise of each log embedded.
  std::string MintLogged(const CertificateShape& shape, const MintedKey& subject,
                         const std::vector<const MintedCertificateLog*>& logs) const;
  verify::CertificateAuthority Description() const;  // intermediate and root
  const verify::Certificate& root() const { return root_; }
  const verify::Certificate& intermediate() const { return intermediate_; }

 private:
  MintedKey root_key_, intermediate_key_;
  verify::Certificate root_, intermediate_;
};

class MintedTimeStampAuthority {
 public:
  struct Options {
    std::string leaf_usage = "critical,timeStamping";
    std::string leaf_key_usage = "critical,digitalSignature";
    bool embed_certificates = false;
    MintedKey::Type key = MintedKey::kP256;
    std::string leaf_list = {};  // where its revocation list is: "URI:http://…"
  };
  MintedTimeStampAuthority();
  explicit MintedTimeStampAuthority(Options options);
  // DER TimeStampResp and the bare token, about the message at this time.
  std::string Response(std::string_view message, Time time) const;
  std::string Token(std::string_view message, Time time) const;
  verify::CertificateAuthority Description() const;  // leaf and root
  const verify::Certificate& root() const { return root_; }
  const verify::Certificate& leaf() const { return leaf_; }

 private:
  Options options_;
  MintedKey root_key_, key_;
  verify::Certificate root_, leaf_;
};

}  // namespace hullwright::testing
