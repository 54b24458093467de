// The profiles that a certificate must meet to act as CA, code signer or time stamper; declared in certificate.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "verify/certificate.h"

namespace hullwright::verify {
namespace {

std::unexpected<Failure> Unfit(const Certificate& certificate, std::string_view why) {
  return Reject(Step::kCertificateUse, fmt::format("the certificate of \"{}\" {}", Printable(ToString(certificate.subject())), why));
}

bool Has(const CertificateUse& use, std::uint32_t bit) {
  return use.key_usage && (*use.key_usage & bit) != 0;
}

Checked<void> RequireNotCa(const Certificate& certificate) {
  if (certificate.version() != 3) return Unfit(certificate, "is not of X.509 version 3");
  if (certificate.use().is_ca == true) return Unfit(certificate, "is a certificate authority, a signer must not be one");
  if (Has(certificate.use(), kKeyCertSign)) return Unfit(certificate, "may sign certificates, a signer must not");
  if (!Has(certificate.use(), kDigitalSignature)) return Unfit(certificate, "lacks the key usage digitalSignature");
  return {};
}

}  // namespace

Checked<void> RequireCa(const Certificate& certificate) {
  const CertificateUse& use = certificate.use();
  if (use.is_ca != true) return Unfit(certificate, "is not a certificate authority");
  if (!use.basic_constraints_critical) return Unfit(certificate, "has basicConstraints that are not critical");
  if (!Has(use, kKeyCertSign)) return Unfit(certificate, "is a certificate authority without the key usage keyCertSign");
  return {};
}

Checked<void> RequireRootCa(const Certificate& certificate) {
  if (const auto ca = RequireCa(certificate); !ca) return ca;
  if (!certificate.IsSelfSigned()) return Unfit(certificate, "is not signed by itself");
  return {};
}

Checked<void> RequireCodeSigningLeaf(const Certificate& certificate) {
  if (const auto leaf = RequireNotCa(certificate); !leaf) return leaf;
  const auto& usages = certificate.use().extended_key_usage;
  if (!usages || std::ranges::find(*usages, kCodeSigningOid) == usages->end()) {
    return Unfit(certificate, "lacks the extended key usage codeSigning");
  }
  return {};
}

Checked<void> RequireTimeStampingLeaf(const Certificate& certificate) {
  if (const auto leaf = RequireNotCa(certificate); !leaf) return leaf;
  const CertificateUse& use = certificate.use();
  if (!use.extended_key_usage || use.extended_key_usage->size() != 1 || use.extended_key_usage->front() != kTimeStampingOid) {
    return Unfit(certificate, "does not have timeStamping as its one extended key usage");
  }
  if (!use.extended_key_usage_critical) return Unfit(certificate, "has an extended key usage that is not critical");
  return {};
}

}  // namespace hullwright::verify
