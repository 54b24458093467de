// RFC 3161 time-stamp tokens: somebody trusted saw these bytes at this time. Source: research section 0.9.
//
// Pure and thread-safe. Malformed is kParse; everything that does not hold is kTimestamp, or the step of the chain that failed (kChain,
// kTime, kCertificateUse) with the authority named.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "verify/certificate.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

// Read strictly, not yet trusted.
class TimeStampToken {
 public:
  // DER TimeStampResp with status granted (Sigstore) and the bare token (Notation); nothing behind them.
  static Checked<TimeStampToken> FromResponse(std::string_view der);
  static Checked<TimeStampToken> FromToken(std::string_view der);

  Time time() const { return content_->time; }                               // genTime
  std::chrono::milliseconds accuracy() const { return content_->accuracy; }  // zero when the token says none
  HashAlgorithm imprint_hash() const { return content_->imprint_hash; }
  const std::string& imprint() const { return content_->imprint; }  // raw digest
  const std::vector<Certificate>& certificates() const {
    return content_->certificates;
  }  // embedded, untrusted; those of unknown keys left out
  const std::string& bytes() const { return content_->der; }  // of the token; equal bytes are one token

 private:
  struct Content {
    Time time;
    std::chrono::milliseconds accuracy;
    HashAlgorithm imprint_hash;
    std::string imprint;
    std::vector<Certificate> certificates;
    std::string der;
  };
  explicit TimeStampToken(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

  std::shared_ptr<const Content> content_;
};

// Whom to believe.
struct TimeStampTrust {
  std::variant<std::vector<Certificate>, AuthorityPath> authority;  // anchors, each trusted by itself; or an authority of a trusted root
  std::optional<Certificate> signer;  // nobody else may have signed; nullopt: whom the token names, found among its certificates
  ValidityWindow window;              // genTime must be inside
};

// An authority of a trusted root: its first certificate is the signer unless it is a CA.
TimeStampTrust TrustOf(const CertificateAuthority& authority);

struct TimeStamp {
  Time time;  // genTime
  std::chrono::milliseconds accuracy;
  std::vector<Certificate> chain;  // of the signer, leaf first, valid at time
};

// The token is about exactly this message and its signer chains to the trust at genTime. (No revocation: Notation asks for it itself.)
Checked<TimeStamp> VerifyTimeStamp(const TimeStampToken& token, std::string_view message, const TimeStampTrust& trust);

// Against every authority of a trusted root whose window contains genTime; authority is its index, so that tokens of one authority count
// once.
struct AuthorityTimeStamp {
  TimeStamp stamp;
  std::size_t authority;
};
Checked<AuthorityTimeStamp> VerifyTimeStamp(const TimeStampToken& token, std::string_view message,
                                            const std::vector<CertificateAuthority>& authorities);

}  // namespace hullwright::verify
