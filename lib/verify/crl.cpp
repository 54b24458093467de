#include "verify/crl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/rfc3339.h"
#include "verify/notation_certificates.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxCrlBytes = 32u << 20;  // as notation-core-go caps what it downloads

using IssuingPoint = openssl::Handle<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;
using Number = openssl::Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using BigNumber = openssl::Handle<BIGNUM, BN_free>;

std::unexpected<Failure> Unknown(std::string_view why) {
  return Reject(Step::kRevocationUnknown, fmt::format("revocation list: {}", why));
}

std::string ToHexNumber(const ASN1_INTEGER* number) {
  const BigNumber big(ASN1_INTEGER_to_BN(number, nullptr));
  char* hex = big ? BN_bn2hex(big.get()) : nullptr;
  std::string text(hex != nullptr ? hex : "");
  OPENSSL_free(hex);
  text.erase(0, text.find_first_not_of('0'));
  return text;
}

// An extension of the list: absent, or of the wrong form (malformed is set).
template <class T>
T ExtensionOf(X509_CRL* crl, int nid, bool& malformed) {
  int critical = 0;
  T value(static_cast<typename T::pointer>(X509_CRL_get_ext_d2i(crl, nid, &critical, nullptr)));
  if (!value && critical != -1) malformed = true;  // -1: there is none; -2: there are two
  return value;
}

// RFC 5280 section 5.2: "If a CRL contains a critical extension that the application cannot process, then the application MUST NOT use it".
Checked<void> CheckExtensions(X509_CRL* crl) {
  constexpr std::array kKnown = {NID_delta_crl, NID_issuing_distribution_point, NID_crl_number, NID_authority_key_identifier};
  for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
    X509_EXTENSION* extension = X509_CRL_get_ext(crl, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) && std::ranges::find(kKnown, nid) == kKnown.end())
      return Reject(Step::kUnsupported, fmt::format("revocation list: critical extension {} is not known",
                                                    openssl::ToText(X509_EXTENSION_get_object(extension))));
  }
  return {};
}

// Lists of other issuers' certificates or of some reasons only answer less than they seem to.
Checked<void> CheckScope(X509_CRL* crl) {
  bool malformed = false;
  const auto point = ExtensionOf<IssuingPoint>(crl, NID_issuing_distribution_point, malformed);
  if (malformed) return Reject(Step::kParse, "revocation list: issuingDistributionPoint is malformed");
  if (point && (point->indirectCRL > 0 || point->onlysomereasons != nullptr || point->onlyattr > 0))
    return Reject(Step::kUnsupported, "revocation list: indirect, for attributes or for some reasons only");
  return {};
}

// A list split by kind of certificate says nothing of the other kind.
bool IsInScope(X509_CRL* crl, const Certificate& certificate) {
  bool malformed = false;
  const auto point = ExtensionOf<IssuingPoint>(crl, NID_issuing_distribution_point, malformed);
  if (malformed) return false;
  if (!point) return true;
  const bool is_ca = certificate.use().is_ca.value_or(false);
  if ((point->onlyuser > 0 && is_ca) || (point->onlyCA > 0 && !is_ca)) return false;
  if (point->distpoint == nullptr) return true;
  if (point->distpoint->type != 0) return false;
  // One shard of several: it must be the one that the certificate names.
  const auto wanted = CrlUrls(certificate);
  if (!wanted) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(point->distpoint->name.fullname); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(point->distpoint->name.fullname, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri)));
    if (std::ranges::find(*wanted, text) != wanted->end()) return true;
  }
  return false;
}

Checked<void> CheckIssuer(const Crl& crl, const Certificate& issuer) {
  if (X509_NAME_cmp(X509_CRL_get_issuer(crl.handle()), X509_get_subject_name(issuer.handle())) != 0) return Unknown("of another issuer");
  if (issuer.use().key_usage && (*issuer.use().key_usage & kCrlSign) == 0) return Unknown("its issuer may not sign lists");
  if (!IsSoundSignatureAlgorithm(X509_CRL_get_signature_nid(crl.handle()))) return Unknown("signed with an unsound algorithm");
  if (X509_CRL_verify(crl.handle(), issuer.public_key().handle()) != 1) return Unknown("its signature does not verify");
  return {};
}

Checked<void> CheckFresh(const Crl& crl, Time now) {
  if (!crl.next_update()) return Unknown("without nextUpdate, so that nobody knows whether it is current");
  if (now < crl.this_update() || now > *crl.next_update())
    return Unknown(fmt::format("current from {} to {}, not at {}", FormatRfc3339(crl.this_update()), FormatRfc3339(*crl.next_update()),
                               FormatRfc3339(now)));
  return {};
}

// RFC 5280 section 5.3: a critical entry extension that is not known makes the whole list unusable; certificateIssuer belongs to
// indirect lists, which are refused.
bool HasUnknownCriticalExtension(const X509_REVOKED* entry) {
  for (int i = 0; i < X509_REVOKED_get_ext_count(entry); ++i) {
    X509_EXTENSION* extension = X509_REVOKED_get_ext(entry, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (X509_EXTENSION_get_critical(extension) && nid != NID_crl_reason && nid != NID_invalidity_date) return true;
  }
  return false;
}

std::optional<Time> InvalidSince(const X509_REVOKED* entry) {
  using Date = openssl::Handle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;
  int critical = 0;
  const Date date(static_cast<ASN1_GENERALIZEDTIME*>(X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, &critical, nullptr)));
  if (!date) return std::nullopt;
  const auto time = openssl::ToTime(date.get());
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

Checked<Crl> Crl::FromDer(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  if (der.size() > kMaxCrlBytes) return Reject(Step::kLimit, fmt::format("a revocation list of {} bytes", der.size()));
  const unsigned char* at = openssl::Data(der);
  Crl crl;
  crl.handle_ = std::shared_ptr<X509_CRL>(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())), X509_CRL_free);
  if (!crl.handle_ || at != openssl::Data(der) + der.size()) return Reject(Step::kParse, "not a revocation list in DER");
  X509_CRL* list = crl.handle_.get();
  if (auto sound = CheckExtensions(list); !sound) return std::unexpected(sound.error());
  if (auto sound = CheckScope(list); !sound) return std::unexpected(sound.error());
  const auto this_update = openssl::ToTime(X509_CRL_get0_lastUpdate(list));
  if (!this_update) return std::unexpected(this_update.error());
  crl.this_update_ = *this_update;
  if (const ASN1_TIME* next = X509_CRL_get0_nextUpdate(list)) {
    const auto next_update = openssl::ToTime(next);
    if (!next_update) return std::unexpected(next_update.error());
    crl.next_update_ = *next_update;
  }
  bool malformed = false;
  if (const auto number = ExtensionOf<Number>(list, NID_crl_number, malformed)) crl.number_ = ToHexNumber(number.get());
  if (const auto number = ExtensionOf<Number>(list, NID_delta_crl, malformed)) crl.base_number_ = ToHexNumber(number.get());
  if (malformed) return Reject(Step::kParse, "revocation list: a number is malformed");
  if (X509_EXTENSION* freshest = X509_CRL_get_ext(list, X509_CRL_get_ext_by_NID(list, NID_freshest_crl, -1))) {
    crl.names_delta_ = true;
    const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(freshest);
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                 static_cast<std::size_t>(ASN1_STRING_length(value)));
    if (auto urls = ReadDistributionPoints(bytes)) crl.delta_urls_ = std::move(*urls);
  }
  return crl;
}

Checked<CrlAnswer> EvaluateCrl(const Crl& crl, const Certificate& certificate, const Certificate& issuer, Time now) {
  const openssl::ErrorQueueGuard guard;
  if (auto signed_by_issuer = CheckIssuer(crl, issuer); !signed_by_issuer) return std::unexpected(signed_by_issuer.error());
  if (auto fresh = CheckFresh(crl, now); !fresh) return std::unexpected(fresh.error());
  if (!IsInScope(crl.handle(), certificate)) return Unknown("it does not cover this certificate");
  X509_REVOKED* entry = nullptr;
  // 0: not listed; 2: listed with the reason removeFromCRL.
  const int found = X509_CRL_get0_by_serial(crl.handle(), &entry, X509_get_serialNumber(certificate.handle()));
  if (found == 0) return CrlAnswer{};
  if (HasUnknownCriticalExtension(entry)) return Unknown("an entry has a critical extension that is not known");
  return CrlAnswer{found == 2 ? CrlEntry::kRemoved : CrlEntry::kRevoked, InvalidSince(entry)};
}

bool Precedes(std::string_view left, std::string_view right) {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

}  // namespace hullwright::verify
