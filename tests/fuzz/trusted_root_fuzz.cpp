// trusted_root.json: what is read is within its bounds, its keys and certificates are their own encodings, and a proved path answers as
// verifying all the way up does.
#include "fuzz/fuzzing.h"
#include "verify/limits.h"
#include "verify/trusted_root.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;
using namespace hullwright::verify;

void CheckLog(const TransparencyLog& log) {
  Require(PublicKey::FromSpki(log.key.spki()) == log.key && log.key.id().size() == 32);
  Require(log.id.size() >= 4 && log.id.size() <= 64);
  Require(log.Host().find_first_of("/?#") == std::string::npos);
}

void CheckPath(const AuthorityPath& path) {
  const auto& certificates = path.certificates();
  Require(!certificates.empty() && certificates.size() <= limits::kCertificatesPerChain);
  for (const Certificate& certificate : certificates) Require(Certificate::FromDer(certificate.der()) == certificate);
  const std::vector<Certificate> anchor = {certificates.back()};
  const std::vector<Certificate> between(certificates.begin(), certificates.end() - 1);
  for (const Certificate& certificate : certificates) {
    for (const auto purpose : {ChainPurpose::kCodeSigning, ChainPurpose::kTimeStamping}) {
      const Time at = certificate.not_before();
      const auto chain = path.ChainOf(path.lowest(), {}, at, purpose);
      const auto all_the_way = BuildChain(path.lowest(), {anchor, between, at, purpose});
      Require(chain.has_value() == all_the_way.has_value() && (!chain || *chain == *all_the_way));
      if (!chain) RequireOneLine(chain.error().message);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto root = TrustedRoot::Parse(Text(data, size));
  if (!root) {
    RequireOneLine(root.error().message);
    return 0;
  }
  Require(root->logs.size() <= limits::kAuthoritiesPerRoot && root->certificate_authorities.size() <= limits::kAuthoritiesPerRoot);
  for (const auto* logs : {&root->logs, &root->certificate_logs})
    for (const TransparencyLog& log : *logs) CheckLog(log);
  for (const auto* authorities : {&root->certificate_authorities, &root->timestamp_authorities})
    for (const CertificateAuthority& authority : *authorities) CheckPath(authority.path);
  return 0;
}
