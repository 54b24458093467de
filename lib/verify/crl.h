// Certificate revocation lists (RFC 5280 section 5), base and delta, and where certificates say theirs are. Bytes in: nothing is fetched.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/certificate.h"

struct X509_crl_st;

namespace hullwright::verify {

// A revocation list that was read; whether its issuer signed it is for EvaluateCrl to say. A value; safe to use from several threads.
class Crl {
 public:
  // DER and nothing behind it. kUnsupported for a critical extension that we do not know and for lists of other issuers' certificates.
  static Checked<Crl> FromDer(std::string_view der);

  bool is_delta() const { return base_number_.has_value(); }
  const std::optional<std::string>& number() const { return number_; }            // of the list: hexadecimal, see Precedes
  const std::optional<std::string>& base_number() const { return base_number_; }  // of a delta: the base it changes
  Time this_update() const { return this_update_; }
  std::optional<Time> next_update() const { return next_update_; }
  bool names_delta() const { return names_delta_; }                           // freshestCRL: there is a delta to this base
  const std::vector<std::string>& delta_urls() const { return delta_urls_; }  // where it says so

  X509_crl_st* handle() const { return handle_.get(); }  // for calls into OpenSSL; belongs to this

 private:
  Crl() = default;

  std::shared_ptr<X509_crl_st> handle_;
  Time this_update_{};
  std::optional<Time> next_update_;
  std::optional<std::string> number_;
  std::optional<std::string> base_number_;
  bool names_delta_ = false;
  std::vector<std::string> delta_urls_;
};

// One list against one certificate.
enum class CrlEntry {
  kNotListed,
  kRevoked,
  kRemoved,  // a delta takes a hold back
};

struct CrlAnswer {
  CrlEntry entry = CrlEntry::kNotListed;
  std::optional<Time> invalid_since;  // the issuer says that signatures before this were good
};

// The answer of a list that the issuer signed, that is fresh at `now` and whose scope has the certificate. Otherwise the failure says
// which of these does not hold (kRevocationUnknown).
Checked<CrlAnswer> EvaluateCrl(const Crl& crl, const Certificate& certificate, const Certificate& issuer, Time now);

// Hexadecimal numbers without leading zeros, compared as numbers.
bool Precedes(std::string_view left, std::string_view right);

// The URLs of cRLDistributionPoints, freshestCRL and of the OCSP responders (authorityInfoAccess). Empty without the extension; a
// malformed extension is kParse. Names that are no URL are left out.
// ReadDistributionPoints reads the value of one of the first two.
Checked<std::vector<std::string>> ReadDistributionPoints(std::string_view extension);
Checked<std::vector<std::string>> CrlUrls(const Certificate& certificate);
Checked<std::vector<std::string>> FreshestCrlUrls(const Certificate& certificate);
Checked<std::vector<std::string>> OcspUrls(const Certificate& certificate);

}  // namespace hullwright::verify
