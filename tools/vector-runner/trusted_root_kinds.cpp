#include "tools/vector-runner/kinds.h"
#include "verify/signing_config.h"
#include "verify/time_stamp_token.h"
#include "verify/trusted_root.h"

namespace hullwright::vectors {
namespace {

template <class T>
Checked<void> Parses(const Vector& vector) {
  const auto parsed = T::Parse(vector.ReadFileOf("file"));
  if (!parsed) return std::unexpected(parsed.error());
  return {};
}

}  // namespace

Checked<void> RunTrustedRootParse(const Vector& vector) {
  return Parses<verify::TrustedRoot>(vector);
}

Checked<void> RunCertificateAuthorityParse(const Vector& vector) {
  return Parses<verify::CertificateAuthority>(vector);
}

Checked<void> RunSigningConfigParse(const Vector& vector) {
  return Parses<verify::SigningConfig>(vector);
}

Checked<void> RunRfc3161Timestamp(const Vector& vector) {
  const auto root = verify::TrustedRoot::Parse(vector.ReadFileOf("trusted_root"));
  if (!root) return std::unexpected(root.error());
  const auto token = verify::TimeStampToken::FromResponse(vector.ReadFileOf("file"));
  if (!token) return std::unexpected(token.error());
  const auto stamp = verify::VerifyTimeStamp(*token, vector.ReadFileOf("artifact"), root->timestamp_authorities);
  if (!stamp) return std::unexpected(stamp.error());
  return {};
}

}  // namespace hullwright::vectors
