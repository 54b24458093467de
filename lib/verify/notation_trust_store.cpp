#include "verify/notation_trust_store.h"

#include <fmt/format.h>

#include "base/text.h"
#include "verify/limits.h"
#include "verify/notation_certificates.h"

namespace hullwright::verify {
namespace {

std::unexpected<Failure> Refuse(std::string_view why) {
  return Reject(Step::kTrustRoot, fmt::format("trust store: {}", why));
}

Checked<std::vector<Certificate>> ReadFile(std::string_view bytes) {
  if (bytes.size() > limits::kTrustRootBytes) return Refuse(fmt::format("a file of {} bytes", bytes.size()));
  // DER begins with the tag of a SEQUENCE, which no PEM file begins with.
  if (bytes.starts_with('\x30')) {
    auto certificate = Certificate::FromDer(bytes);
    if (!certificate) return Refuse(certificate.error().message);
    return std::vector{*std::move(certificate)};
  }
  auto list = Certificate::ListFromPem(bytes, limits::kCertificatesPerFile);
  if (!list) return Refuse(list.error().message);
  return list;
}

Checked<void> CheckPlace(TrustStoreType type, const Certificate& certificate) {
  const bool is_ca = certificate.use().is_ca.value_or(false);
  const bool self_signed = IsIssuedBy(certificate, certificate);
  if (type == TrustStoreType::kTsa ? is_ca && self_signed : is_ca || self_signed) return {};
  return Refuse(fmt::format("\"{}\" is {}", Printable(ToString(certificate.subject())),
                            type == TrustStoreType::kTsa ? "no self-signed CA" : "neither a CA nor self-signed"));
}

}  // namespace

Checked<TrustStoreType> ParseTrustStoreType(std::string_view name) {
  if (name == "ca") return TrustStoreType::kCa;
  if (name == "signingAuthority") return TrustStoreType::kSigningAuthority;
  if (name == "tsa") return TrustStoreType::kTsa;
  return Refuse(fmt::format("type \"{}\": ca, signingAuthority and tsa are known", Printable(name, 64)));
}

Checked<std::vector<Certificate>> ReadTrustStore(TrustStoreType type, std::span<const std::string> files) {
  std::vector<Certificate> store;
  for (const std::string& file : files) {
    const auto certificates = ReadFile(file);
    if (!certificates) return certificates;
    for (const Certificate& certificate : *certificates)
      if (auto fits = CheckPlace(type, certificate); !fits) return std::unexpected(fits.error());
    store.insert(store.end(), certificates->begin(), certificates->end());
    if (store.size() > limits::kCertificatesPerFile) return Refuse("too many certificates");
  }
  if (store.empty()) return Refuse("it is empty");
  return store;
}

}  // namespace hullwright::verify
