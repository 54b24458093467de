#include "verify/notation_certificates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/limits.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

enum class Purpose { kCodeSigning, kTimeStamping };

std::string Name(const Certificate& certificate) {
  return fmt::format("certificate \"{}\"", Printable(ToString(certificate.subject())));
}

std::unexpected<Failure> WrongUse(const Certificate& certificate, std::string_view why) {
  return Reject(Step::kCertificateUse, fmt::format("{}: {}", Name(certificate), why));
}

// --- leaves

// Real time-stamp authorities leave keyUsage uncritical, and the peers let them.
Checked<void> CheckLeafKeyUsage(const Certificate& leaf, Purpose purpose) {
  const CertificateUse& use = leaf.use();
  if (!use.key_usage) return WrongUse(leaf, "no keyUsage");
  if (purpose == Purpose::kCodeSigning && !use.key_usage_critical) return WrongUse(leaf, "keyUsage is not critical");
  if ((*use.key_usage & kDigitalSignature) == 0) return WrongUse(leaf, "keyUsage without digitalSignature");
  // The specification forbids every bit but contentCommitment (nonRepudiation).
  if ((*use.key_usage & ~static_cast<std::uint32_t>(kDigitalSignature | kNonRepudiation)) != 0)
    return WrongUse(leaf, "keyUsage allows more than signatures");
  return {};
}

Checked<void> CheckCodeSigningPurpose(const Certificate& leaf) {
  constexpr std::array<std::string_view, 6> kForbidden = {kAnyExtendedKeyUsageOid, "1.3.6.1.5.5.7.3.1",  // serverAuth
                                                          "1.3.6.1.5.5.7.3.2",                           // clientAuth
                                                          "1.3.6.1.5.5.7.3.4",                           // emailProtection
                                                          kTimeStampingOid,        kOcspSigningOid};
  const auto& usages = leaf.use().extended_key_usage;
  if (!usages) return {};
  for (const std::string& usage : *usages)
    if (std::ranges::find(kForbidden, usage) != kForbidden.end())
      return WrongUse(leaf, fmt::format("extended key usage {} must not stand in a signing certificate", usage));
  return {};
}

Checked<void> CheckTimeStampingPurpose(const Certificate& leaf) {
  const CertificateUse& use = leaf.use();
  if (!use.extended_key_usage || use.extended_key_usage->size() != 1 || use.extended_key_usage->front() != kTimeStampingOid)
    return WrongUse(leaf, "extended key usage is not timeStamping alone");
  if (!use.extended_key_usage_critical) return WrongUse(leaf, "extended key usage is not critical");
  return {};
}

Checked<void> CheckKey(const Certificate& leaf) {
  const PublicKey& key = leaf.public_key();
  if (key.is_ecdsa()) return {};
  if (key.type() == KeyType::kRsa && (key.bits() == 2048 || key.bits() == 3072 || key.bits() == 4096)) return {};
  return Reject(Step::kAlgorithm, fmt::format("{}: a key of {} ({} bits); RSA 2048, 3072, 4096 and ECDSA P-256, P-384, P-521 are accepted",
                                              Name(leaf), ToString(key.type()), key.bits()));
}

Checked<void> CheckLeaf(const Certificate& leaf, Purpose purpose) {
  if (leaf.use().is_ca.value_or(false)) return WrongUse(leaf, "a CA where the signer's own certificate is wanted");
  if (auto sound = CheckLeafKeyUsage(leaf, purpose); !sound) return sound;
  auto sound = purpose == Purpose::kCodeSigning ? CheckCodeSigningPurpose(leaf) : CheckTimeStampingPurpose(leaf);
  return sound ? CheckKey(leaf) : sound;
}

// --- authorities

Checked<void> CheckCa(const Certificate& ca, std::size_t intermediates_below, Purpose purpose) {
  const CertificateUse& use = ca.use();
  if (!use.is_ca.value_or(false)) return WrongUse(ca, "not a CA");
  if (!use.basic_constraints_critical) return WrongUse(ca, "basicConstraints is not critical");
  if (use.path_length && std::cmp_less(*use.path_length, intermediates_below))
    return WrongUse(ca, fmt::format("path length {} with {} CAs below", *use.path_length, intermediates_below));
  if (!use.key_usage) return WrongUse(ca, "no keyUsage");
  if (purpose == Purpose::kCodeSigning && !use.key_usage_critical) return WrongUse(ca, "keyUsage is not critical");
  if ((*use.key_usage & kKeyCertSign) == 0) return WrongUse(ca, "keyUsage without keyCertSign");
  return {};
}

// --- chains

Checked<void> CheckIssuer(std::span<const Certificate> chain, std::size_t i) {
  const Certificate& certificate = chain[i];
  const bool self_signed = IsIssuedBy(certificate, certificate);
  if (i + 1 == chain.size()) {
    if (self_signed) return {};
    return Reject(Step::kChain, fmt::format("the chain ends with {}, which is not self-signed", Name(certificate)));
  }
  if (self_signed) return Reject(Step::kChain, fmt::format("{} is self-signed and not the last of the chain", Name(certificate)));
  if (!IsIssuedBy(certificate, chain[i + 1]))
    return Reject(Step::kChain, fmt::format("{} was not issued by the next, {}", Name(certificate), Name(chain[i + 1])));
  return {};
}

Checked<void> CheckChain(std::span<const Certificate> chain, std::optional<Time> at, Purpose purpose) {
  if (chain.empty()) return Reject(Step::kChain, "no certificate");
  if (chain.size() > limits::kCertificatesPerChain) return Reject(Step::kLimit, fmt::format("a chain of {} certificates", chain.size()));
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (auto issued = CheckIssuer(chain, i); !issued) return issued;
    auto sound = i == 0 ? CheckLeaf(chain[i], purpose) : CheckCa(chain[i], i - 1, purpose);
    if (!sound) return sound;
  }
  return at ? CheckValidDuring(chain, *at, *at) : Checked<void>{};
}

}  // namespace

Checked<void> CheckCodeSigningLeaf(const Certificate& leaf) {
  return CheckLeaf(leaf, Purpose::kCodeSigning);
}

Checked<void> CheckTimeStampingLeaf(const Certificate& leaf) {
  return CheckLeaf(leaf, Purpose::kTimeStamping);
}

Checked<void> CheckCodeSigningCa(const Certificate& ca, std::size_t intermediates_below) {
  return CheckCa(ca, intermediates_below, Purpose::kCodeSigning);
}

Checked<void> CheckTimeStampingCa(const Certificate& ca, std::size_t intermediates_below) {
  return CheckCa(ca, intermediates_below, Purpose::kTimeStamping);
}

Checked<void> CheckCodeSigningChain(std::span<const Certificate> chain, std::optional<Time> at) {
  return CheckChain(chain, at, Purpose::kCodeSigning);
}

Checked<void> CheckTimeStampingChain(std::span<const Certificate> chain, std::optional<Time> at) {
  return CheckChain(chain, at, Purpose::kTimeStamping);
}

Checked<void> CheckValidDuring(std::span<const Certificate> chain, Time from, Time to) {
  for (const Certificate& certificate : chain) {
    if (certificate.ValidAt(from) && certificate.ValidAt(to)) continue;
    return Reject(Step::kTime,
                  fmt::format("{} is valid from {} to {}, not at {}", Name(certificate), FormatRfc3339(certificate.not_before()),
                              FormatRfc3339(certificate.not_after()), FormatRfc3339(certificate.ValidAt(from) ? to : from)));
  }
  return {};
}

bool IsSoundSignatureAlgorithm(int nid) {
  if (nid == NID_ED25519) return true;
  int hash = NID_undef;
  if (OBJ_find_sigid_algs(nid, &hash, nullptr) != 1) return false;
  return hash == NID_sha256 || hash == NID_sha384 || hash == NID_sha512;
}

bool IsIssuedBy(const Certificate& certificate, const Certificate& issuer) {
  const openssl::ErrorQueueGuard guard;
  X509* subject = certificate.handle();
  if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(issuer.handle())) != 0) return false;
  // RSA-PSS names its hash in parameters; they are read by OpenSSL's own signature information.
  int hash = NID_undef;
  int key = NID_undef;
  if (X509_get_signature_info(subject, &hash, &key, nullptr, nullptr) != 1) return false;
  const bool sound = hash == NID_sha256 || hash == NID_sha384 || hash == NID_sha512 || key == NID_ED25519;
  return sound && X509_verify(subject, issuer.public_key().handle()) == 1;
}

}  // namespace hullwright::verify
