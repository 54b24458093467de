#include "verify/certificate_chain.h"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/limits.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

void FreeStack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}
using Stack = openssl::Handle<STACK_OF(X509), FreeStack>;

// OpenSSL counts the last second of validity as expired, we do not; the dates of the chain are checked by RequireValidAt.
int ForgiveDates(int ok, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID ? 1 : ok;
}

// SHA-1 and short keys are below 112 bits of security.
constexpr int kAuthLevel = 2;

bool Configure(X509_STORE_CTX* context, Time at) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  X509_STORE_CTX_set_verify_cb(context, ForgiveDates);
  X509_VERIFY_PARAM_set_time(parameters, std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(limits::kCertificatesPerChain) - 2);  // counts what lies between leaf and anchor
  return X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

Step StepOf(int error) {
  switch (error) {
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return Step::kCriticalExtension;
    case X509_V_ERR_CA_MD_TOO_WEAK:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
      return Step::kAlgorithm;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return Step::kCertificateUse;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return Step::kLimit;
    default:
      return Step::kChain;
  }
}

Failure NotTrusted(X509_STORE_CTX* context, const Certificate& leaf) {
  const int error = X509_STORE_CTX_get_error(context);
  return {StepOf(error),
          fmt::format("the certificate of \"{}\", issued by \"{}\", does not chain to a trusted authority: {}",
                      Printable(ToString(leaf.subject())), Printable(ToString(leaf.issuer())), X509_verify_cert_error_string(error))};
}

// The certificates OpenSSL chose, found again among ours.
Checked<std::vector<Certificate>> Collect(X509_STORE_CTX* context, const Certificate& leaf, const ChainRequest& request) {
  std::vector<Certificate> chain;
  STACK_OF(X509)* chosen = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(chosen); ++i) {
    const X509* wanted = sk_X509_value(chosen, i);
    const auto same = [wanted](const Certificate& certificate) { return X509_cmp(certificate.handle(), wanted) == 0; };
    if (i == 0) {
      chain.push_back(leaf);
    } else if (const auto anchor = std::ranges::find_if(request.anchors, same); anchor != request.anchors.end()) {
      chain.push_back(*anchor);
    } else if (const auto helper = std::ranges::find_if(request.intermediates, same); helper != request.intermediates.end()) {
      chain.push_back(*helper);
    } else {
      return Reject(Step::kChain, "the certificate chain has a certificate that nobody gave");
    }
  }
  return chain;
}

std::string_view OidOf(ChainPurpose purpose) {
  return purpose == ChainPurpose::kCodeSigning ? kCodeSigningOid : kTimeStampingOid;
}

Checked<void> RequireIssuer(const Certificate& issuer, ChainPurpose purpose) {
  const CertificateUse& use = issuer.use();
  const std::string name = Printable(ToString(issuer.subject()));
  if (use.is_ca != true) return Reject(Step::kCertificateUse, fmt::format("the issuer \"{}\" is not a certificate authority", name));
  if (use.key_usage && (*use.key_usage & kKeyCertSign) == 0) {
    return Reject(Step::kCertificateUse, fmt::format("the issuer \"{}\" may not sign certificates", name));
  }
  if (purpose == ChainPurpose::kAny || !use.extended_key_usage) return {};
  for (const std::string& oid : *use.extended_key_usage) {
    if (oid == OidOf(purpose) || oid == kAnyExtendedKeyUsageOid) return {};
  }
  return Reject(Step::kCertificateUse, fmt::format("the issuer \"{}\" is restricted to other uses", name));
}

}  // namespace

Checked<void> RequireValidAt(const Certificate& certificate, Time time) {
  if (certificate.ValidAt(time)) return {};
  return Reject(Step::kTime,
                fmt::format("the certificate of \"{}\" is valid from {} to {}, not at {}", Printable(ToString(certificate.subject())),
                            FormatRfc3339(certificate.not_before()), FormatRfc3339(certificate.not_after()), FormatRfc3339(time)));
}

Checked<void> RequireUsableChain(const std::vector<Certificate>& chain, Time at, ChainPurpose purpose) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (const auto valid = RequireValidAt(chain[i], at); !valid) return valid;
    if (i == 0) continue;
    if (const auto issuer = RequireIssuer(chain[i], purpose); !issuer) return issuer;
  }
  return {};
}

Checked<std::vector<Certificate>> BuildChain(const Certificate& leaf, const ChainRequest& request) {
  if (request.intermediates.size() > limits::kCertificatesPerChain) {
    return Reject(Step::kLimit, fmt::format("{} certificates come with the leaf, at most {} are looked at", request.intermediates.size(),
                                            limits::kCertificatesPerChain));
  }
  if (request.anchors.empty()) return Reject(Step::kTrustRoot, "there is no trusted authority to chain to");
  const openssl::ErrorQueueGuard guard;
  const openssl::Store store(X509_STORE_new());
  const Stack helpers(sk_X509_new_null());
  const openssl::StoreContext context(X509_STORE_CTX_new());
  bool ready = store && helpers && context;
  for (const Certificate& anchor : request.anchors) ready = ready && X509_STORE_add_cert(store.get(), anchor.handle()) == 1;
  for (const Certificate& helper : request.intermediates) ready = ready && sk_X509_push(helpers.get(), helper.handle()) > 0;
  if (!ready || X509_STORE_CTX_init(context.get(), store.get(), leaf.handle(), helpers.get()) != 1 ||
      !Configure(context.get(), request.at)) {
    return Reject(Step::kChain, "OpenSSL cannot set up the verification of the certificate chain");
  }
  if (X509_verify_cert(context.get()) != 1) return std::unexpected(NotTrusted(context.get(), leaf));
  auto chain = Collect(context.get(), leaf, request);
  if (!chain) return chain;
  if (const auto usable = RequireUsableChain(*chain, request.at, request.purpose); !usable) return std::unexpected(usable.error());
  return chain;
}

}  // namespace hullwright::verify
