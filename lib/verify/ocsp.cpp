#include "verify/ocsp.h"

#include <fmt/format.h>
#include <openssl/ocsp.h>

#include <algorithm>

#include "base/rfc3339.h"
#include "verify/notation_certificates.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxResponseBytes = 64u << 10;
constexpr std::string_view kNoCheckOid = "1.3.6.1.5.5.7.48.1.5";

using Response = openssl::Handle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicResponse = openssl::Handle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using CertificateId = openssl::Handle<OCSP_CERTID, OCSP_CERTID_free>;
struct StackDeleter {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }  // not the certificates in it
};
using BorrowedStack = std::unique_ptr<STACK_OF(X509), StackDeleter>;

std::unexpected<Failure> Unknown(std::string_view why) {
  return Reject(Step::kRevocationUnknown, fmt::format("OCSP response: {}", why));
}

Checked<BasicResponse> Read(std::string_view der) {
  if (der.size() > kMaxResponseBytes) return Reject(Step::kLimit, fmt::format("an OCSP response of {} bytes", der.size()));
  const unsigned char* at = openssl::Data(der);
  const Response response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (!response || at != openssl::Data(der) + der.size()) return Reject(Step::kParse, "not an OCSP response in DER");
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return Unknown("the responder reports an error");
  BasicResponse basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return Reject(Step::kParse, "OCSP response without a basic response");
  return basic;
}

// RFC 6960 section 4.2.2.2.
Checked<void> CheckDelegate(X509* signer, const Certificate& issuer, Time now) {
  const auto responder = Certificate::FromDer(openssl::Encode(i2d_X509, signer));
  if (!responder) return Unknown(fmt::format("responder: {}", responder.error().message));
  if (!IsIssuedBy(*responder, issuer)) return Unknown("signed by a responder that the issuer did not name");
  const auto& usages = responder->use().extended_key_usage;
  if (!usages || std::ranges::find(*usages, kOcspSigningOid) == usages->end()) return Unknown("the responder is not for OCSP");
  if (responder->use().key_usage && (*responder->use().key_usage & kDigitalSignature) == 0) return Unknown("the responder may not sign");
  if (!responder->ValidAt(now)) return Unknown("the responder's certificate is not valid now");
  if (responder->FindExtension(kNoCheckOid) == nullptr)
    return Unknown("the responder's own revocation would have to be checked (no id-pkix-ocsp-nocheck)");
  return {};
}

Checked<void> CheckSigner(OCSP_BASICRESP* basic, const Certificate& issuer, Time now) {
  if (!IsSoundSignatureAlgorithm(OBJ_obj2nid(OCSP_resp_get0_tbs_sigalg(basic)->algorithm))) return Unknown("an unsound algorithm");
  const BorrowedStack issuers(sk_X509_new_null());
  if (!issuers || sk_X509_push(issuers.get(), issuer.handle()) <= 0) return Unknown("out of memory");
  X509* signer = nullptr;
  if (OCSP_resp_get0_signer(basic, &signer, issuers.get()) != 1) return Unknown("signed by somebody else than the issuer");
  // Only the signature: whom to believe is judged here, without a store.
  if (OCSP_basic_verify(basic, issuers.get(), nullptr, OCSP_NOVERIFY) <= 0) return Unknown("its signature does not verify");
  return X509_cmp(signer, issuer.handle()) == 0 ? Checked<void>{} : CheckDelegate(signer, issuer, now);
}

// The entry about this certificate; the responder chose the hash of its id.
OCSP_SINGLERESP* Find(OCSP_BASICRESP* basic, const Certificate& certificate, const Certificate& issuer) {
  for (int i = 0; i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic, i);
    auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));  // OpenSSL 3.0 reads it through a plain pointer
    ASN1_OBJECT* hash = nullptr;
    if (OCSP_id_get0_info(nullptr, &hash, nullptr, nullptr, id) != 1) continue;
    const EVP_MD* digest = EVP_get_digestbyobj(hash);
    if (digest == nullptr) continue;
    const CertificateId wanted(OCSP_cert_to_id(digest, certificate.handle(), issuer.handle()));
    if (wanted && OCSP_id_cmp(wanted.get(), id) == 0) return single;
  }
  return nullptr;
}

Checked<void> CheckFresh(const ASN1_GENERALIZEDTIME* from, const ASN1_GENERALIZEDTIME* to, Time now) {
  if (from == nullptr || to == nullptr) return Unknown("without nextUpdate, so that nobody knows whether it is current");
  const auto begin = openssl::ToTime(from);
  const auto end = openssl::ToTime(to);
  if (!begin || !end) return Unknown("a date is malformed");
  if (now < *begin || now > *end)
    return Unknown(fmt::format("current from {} to {}, not at {}", FormatRfc3339(*begin), FormatRfc3339(*end), FormatRfc3339(now)));
  return {};
}

}  // namespace

Checked<OcspAnswer> EvaluateOcsp(std::string_view der, const Certificate& certificate, const Certificate& issuer, Time now) {
  const openssl::ErrorQueueGuard guard;
  const auto basic = Read(der);
  if (!basic) return std::unexpected(basic.error());
  OCSP_SINGLERESP* single = Find(basic->get(), certificate, issuer);
  if (single == nullptr) return Unknown("it is not about this certificate");
  if (auto sound = CheckSigner(basic->get(), issuer, now); !sound) return std::unexpected(sound.error());
  int reason = 0;
  ASN1_GENERALIZEDTIME* revoked_at = nullptr;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* to = nullptr;
  const int status = OCSP_single_get0_status(single, &reason, &revoked_at, &from, &to);
  if (auto fresh = CheckFresh(from, to, now); !fresh) return std::unexpected(fresh.error());
  if (status == V_OCSP_CERTSTATUS_GOOD) return OcspAnswer{OcspStatus::kGood};
  if (status == V_OCSP_CERTSTATUS_REVOKED) return OcspAnswer{OcspStatus::kRevoked};
  return Unknown("the responder does not know this certificate");
}

}  // namespace hullwright::verify
