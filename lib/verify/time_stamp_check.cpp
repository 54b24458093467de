// Whether a token that was read (time_stamp_token.cpp) is to be believed; declared in time_stamp_token.h.
#include <fmt/format.h>
#include <openssl/cms.h>
#include <openssl/ess.h>

#include <algorithm>

#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/limits.h"
#include "verify/openssl.h"
#include "verify/time_stamp_token.h"

namespace hullwright::verify {
namespace {

void FreeStack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}
using Stack = openssl::Handle<STACK_OF(X509), FreeStack>;
using SigningCertificate = openssl::Handle<ESS_SIGNING_CERT, ESS_SIGNING_CERT_free>;
using SigningCertificateV2 = openssl::Handle<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free>;

std::unexpected<Failure> Untrusted(std::string_view why) {
  return Reject(Step::kTimestamp, fmt::format("the time-stamp token {}", why));
}

std::string_view Content(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

Checked<CMS_SignerInfo*> OnlySigner(CMS_ContentInfo* cms) {
  STACK_OF(CMS_SignerInfo)* infos = CMS_get0_SignerInfos(cms);
  if (sk_CMS_SignerInfo_num(infos) != 1)
    return Untrusted(fmt::format("has {} signers, exactly one is expected", sk_CMS_SignerInfo_num(infos)));
  return sk_CMS_SignerInfo_value(infos, 0);
}

// A signed attribute that is there exactly once and has exactly one value of this type; null otherwise.
const ASN1_STRING* SignedAttribute(const CMS_SignerInfo* signer, int nid, int type) {
  constexpr int kOnceWithOneValue = -3;  // CMS_signed_get0_data_by_OBJ, parameter lastpos
  return static_cast<const ASN1_STRING*>(
      CMS_signed_get0_data_by_OBJ(const_cast<CMS_SignerInfo*>(signer), OBJ_nid2obj(nid), kOnceWithOneValue, type));
}

Checked<void> CheckContentType(const CMS_SignerInfo* signer) {
  const auto* type =
      CMS_signed_get0_data_by_OBJ(const_cast<CMS_SignerInfo*>(signer), OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
  if (type != nullptr && OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(type)) == NID_id_smime_ct_TSTInfo) return {};
  return Untrusted("does not sign that its content is TSTInfo");
}

// The signed attribute messageDigest is of this content, by one of our hashes.
Checked<void> CheckContent(CMS_ContentInfo* cms, CMS_SignerInfo* signer) {
  X509_ALGOR* algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &algorithm, nullptr);
  const ASN1_OBJECT* name = nullptr;
  X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
  const ASN1_STRING* signed_digest = SignedAttribute(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
  for (const HashAlgorithm hash : {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    if (OBJ_obj2nid(name) != EVP_MD_get_type(MessageDigest(hash))) continue;
    if (signed_digest != nullptr && Content(signed_digest) == Hash(hash, Content(*CMS_get0_content(cms)))) return {};
    return Untrusted("has a content that is not the one its signer signed");
  }
  return Untrusted("is signed with a hash that is not SHA-256, SHA-384 or SHA-512");
}

// The algorithm the signer names is one of its key and of the digest it signed; OpenSSL goes by the key alone.
Checked<void> CheckAlgorithm(CMS_SignerInfo* signer, const PublicKey& key) {
  X509_ALGOR* digest = nullptr;
  X509_ALGOR* signature = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, &signature);
  const auto nid = [](const X509_ALGOR* algorithm) {
    const ASN1_OBJECT* name = nullptr;
    X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
    return OBJ_obj2nid(name);
  };
  const int named = nid(signature);
  const bool rsa = key.type() == KeyType::kRsa;
  if (rsa && (named == NID_rsaEncryption || named == NID_rsassaPss)) return {};
  int hash = NID_undef;
  int key_type = NID_undef;
  const int wanted = rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey;
  const bool known = OBJ_find_sigid_algs(named, &hash, &key_type) == 1;
  if (known && key_type == wanted && hash == nid(digest) && (rsa || key.is_ecdsa())) return {};
  return Untrusted("names a signature algorithm that is not one of its signer's key");
}

bool Named(CMS_SignerInfo* signer, const Certificate& certificate) {
  return CMS_SignerInfo_cert_cmp(signer, certificate.handle()) == 0;
}

Checked<Certificate> SignerOf(const TimeStampToken& token, CMS_SignerInfo* signer, const TimeStampTrust& trust) {
  if (trust.signer) {
    if (Named(signer, *trust.signer)) return *trust.signer;
    return Untrusted(fmt::format("is not signed by \"{}\"", Printable(ToString(trust.signer->subject()))));
  }
  const auto found =
      std::ranges::find_if(token.certificates(), [signer](const Certificate& certificate) { return Named(signer, certificate); });
  if (found != token.certificates().end()) return *found;
  return Untrusted("does not carry the certificate of its signer, and none is configured");
}

// RFC 5035: the signed attributes name the signer's certificate by its hash, so that no other certificate of the same key can stand in.
Checked<void> CheckSigningCertificate(CMS_SignerInfo* signer, const std::vector<Certificate>& chain) {
  const ASN1_STRING* v1 = SignedAttribute(signer, NID_id_smime_aa_signingCertificate, V_ASN1_SEQUENCE);
  const ASN1_STRING* v2 = SignedAttribute(signer, NID_id_smime_aa_signingCertificateV2, V_ASN1_SEQUENCE);
  const unsigned char* at1 = v1 != nullptr ? ASN1_STRING_get0_data(v1) : nullptr;
  const unsigned char* at2 = v2 != nullptr ? ASN1_STRING_get0_data(v2) : nullptr;
  const SigningCertificate named1(v1 != nullptr ? d2i_ESS_SIGNING_CERT(nullptr, &at1, ASN1_STRING_length(v1)) : nullptr);
  const SigningCertificateV2 named2(v2 != nullptr ? d2i_ESS_SIGNING_CERT_V2(nullptr, &at2, ASN1_STRING_length(v2)) : nullptr);
  const Stack stack(sk_X509_new_null());
  bool readable = (v1 == nullptr || named1) && (v2 == nullptr || named2) && stack;
  for (const Certificate& certificate : chain) readable = readable && sk_X509_push(stack.get(), certificate.handle()) > 0;
  if (readable && OSSL_ESS_check_signing_certs(named1.get(), named2.get(), stack.get(), 1) > 0) return {};
  return Untrusted("does not name its signer's certificate in a signed attribute");
}

Checked<std::vector<Certificate>> ChainOf(const Certificate& signer, const TimeStampToken& token, const TimeStampTrust& trust) {
  if (const auto use = RequireTimeStampingLeaf(signer); !use) return std::unexpected(use.error());
  // What a token carries leads somewhere only when it also says who signed.
  const std::vector<Certificate> helpers = trust.signer ? std::vector<Certificate>() : token.certificates();
  if (const auto* path = std::get_if<AuthorityPath>(&trust.authority))
    return path->ChainOf(signer, helpers, token.time(), ChainPurpose::kTimeStamping);
  const auto& anchors = std::get<std::vector<Certificate>>(trust.authority);
  return BuildChain(signer, {anchors, helpers, token.time(), ChainPurpose::kTimeStamping});
}

Checked<void> CheckSignature(CMS_ContentInfo* cms, CMS_SignerInfo* signer, const std::vector<Certificate>& chain) {
  if (const auto type = CheckContentType(signer); !type) return type;
  if (const auto content = CheckContent(cms, signer); !content) return content;
  if (const auto named = CheckSigningCertificate(signer, chain); !named) return named;
  if (const auto algorithm = CheckAlgorithm(signer, chain.front().public_key()); !algorithm) return algorithm;
  CMS_SignerInfo_set1_signer_cert(signer, chain.front().handle());
  if (CMS_SignerInfo_verify(signer) == 1) return {};
  return Untrusted(fmt::format("does not verify with the key of \"{}\"", Printable(ToString(chain.front().subject()))));
}

// CMS_SignerInfo keeps the certificate it is given, and a token is shared between threads: so each check works on its own copy.
Checked<std::vector<Certificate>> CheckSigner(const TimeStampToken& token, const TimeStampTrust& trust) {
  const std::string& der = token.bytes();
  const unsigned char* at = openssl::Data(der);
  const openssl::Handle<CMS_ContentInfo, CMS_ContentInfo_free> cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  if (!cms) return Untrusted("cannot be read again");
  const auto info = OnlySigner(cms.get());
  if (!info) return std::unexpected(info.error());
  const auto signer = SignerOf(token, *info, trust);
  if (!signer) return std::unexpected(signer.error());
  auto chain = ChainOf(*signer, token, trust);
  if (!chain) return chain;
  if (const auto checked = CheckSignature(cms.get(), *info, *chain); !checked) return std::unexpected(checked.error());
  return chain;
}

Failure Told(const CertificateAuthority& authority, const Failure& failure) {
  return {failure.step,
          fmt::format("time-stamp authority \"{}\": {}", Printable(ToString(authority.path.lowest().subject())), failure.message)};
}

}  // namespace

TimeStampTrust TrustOf(const CertificateAuthority& authority) {
  TimeStampTrust trust{authority.path, std::nullopt, authority.window};
  if (authority.path.lowest().use().is_ca != true) trust.signer = authority.path.lowest();
  return trust;
}

Checked<TimeStamp> VerifyTimeStamp(const TimeStampToken& token, std::string_view message, const TimeStampTrust& trust) {
  const openssl::ErrorQueueGuard guard;
  if (Hash(token.imprint_hash(), message) != token.imprint()) return Untrusted("is about other bytes");
  if (!trust.window.Contains(token.time())) {
    return Untrusted(fmt::format("is of {}, its authority is trusted {}", FormatRfc3339(token.time()), ToString(trust.window)));
  }
  auto chain = CheckSigner(token, trust);
  if (!chain) return std::unexpected(chain.error());
  return TimeStamp{token.time(), token.accuracy(), std::move(*chain)};
}

Checked<AuthorityTimeStamp> VerifyTimeStamp(const TimeStampToken& token, std::string_view message,
                                            const std::vector<CertificateAuthority>& authorities) {
  Checked<AuthorityTimeStamp> last = Reject(Step::kTimestamp, "no time-stamp authority is trusted");
  for (std::size_t i = 0; i < authorities.size(); ++i) {
    auto stamp = VerifyTimeStamp(token, message, TrustOf(authorities[i]));
    if (stamp) return AuthorityTimeStamp{std::move(*stamp), i};
    last = std::unexpected(Told(authorities[i], stamp.error()));
  }
  return last;
}

}  // namespace hullwright::verify
