#include "evidence/trust_documents.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "base/text.h"
#include "verify/crl.h"
#include "verify/pem.h"

namespace hullwright::evidence {
namespace {

template <class T>
Result<T> FromChecked(verify::Checked<T> checked) {
  if (!checked) return std::unexpected(ToError(checked.error()));
  return std::move(*checked);
}

}  // namespace

Error ToError(const verify::Failure& failure) {
  return {ErrorCode::kInvalidInput, fmt::format("{}: {}", verify::ToString(failure.step), failure.message)};
}

Result<verify::PublicKey> ReadPublicKey(std::string_view pem) {
  return FromChecked(verify::PublicKey::FromPem(pem));
}

Result<verify::IdentityMatcher> ReadIdentity(const api::KeylessAuthority& keyless) {
  return FromChecked(verify::IdentityMatcher::Make(
      {keyless.subject, keyless.subject_reg_exp ? keyless.subject_reg_exp->text() : "", keyless.issuer, "", keyless.extensions}));
}

Result<verify::TrustedIdentities> ReadIdentities(const api::NotationAuthority& notation) {
  return FromChecked(verify::TrustedIdentities::Parse(notation.identities));
}

Result<verify::TrustedRoot> ReadTrustedRoot(std::string_view json) {
  return FromChecked(verify::TrustedRoot::Parse(json));
}

Result<verify::TufRoot> ReadInitialRoot(std::string_view json) {
  return FromChecked(verify::TufRoot::ParseTrusted(json));
}

Result<std::vector<verify::Certificate>> ReadStore(verify::TrustStoreType type, const std::string& pem) {
  return FromChecked(verify::ReadTrustStore(type, std::span(&pem, 1)));
}

Result<std::vector<std::string>> ReadRevocationLists(std::string_view pem) {
  auto blocks = FromChecked(verify::ReadPem(pem, verify::kMaxRevocationDocuments));
  if (!blocks) return std::unexpected(blocks.error());
  std::vector<std::string> lists;
  for (verify::PemBlock& block : *blocks) {
    const std::string which = fmt::format("block {}", lists.size() + 1);
    if (block.label != "X509 CRL")
      return Fail(ErrorCode::kInvalidInput, fmt::format("{} is \"{}\", expected \"X509 CRL\"", which, Printable(block.label, 64)));
    if (const auto list = verify::Crl::FromDer(block.der); !list) return std::unexpected(ToError(list.error()).Within(which));
    lists.push_back(std::move(block.der));
  }
  return lists;
}

Result<void> RequireRoots(const std::string& pem) {
  const auto tls = http::PeerTls::Make({.ca_pem = pem});
  if (!tls) return std::unexpected(tls.error());
  return {};
}

}  // namespace hullwright::evidence
