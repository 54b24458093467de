#include "api/trust_root.h"

#include "api/kind.h"
#include "api/pem_shape.h"
#include "api/shared_tables.h"

namespace hullwright::api {
namespace {

void CheckPem(const std::optional<PemSource>& source, std::string_view field, std::string_view label, const Given& given) {
  if (!given.HasGood(field) || source->pem.empty()) return;
  const std::string mistake = MistakeInPem(source->pem, label, kMaxPemBlocks);
  if (!mistake.empty()) given.Mistake(std::string(field) + ".pem", mistake);
}

void CheckNotation(NotationRoot& root, const Given& given) {
  if (!given.Has("certificates") && !given.Has("signingAuthorities"))
    given.Mistake("", "needs certificates or signingAuthorities: with neither nothing could be trusted");
  CheckPem(root.certificates, "certificates", "CERTIFICATE", given);
  CheckPem(root.signing_authorities, "signingAuthorities", "CERTIFICATE", given);
  CheckPem(root.timestamp_certificates, "timestampCertificates", "CERTIFICATE", given);
  CheckPem(root.revocation_lists, "revocationLists", "X509 CRL", given);
  if (given.Has("revocationLists") && root.revocation == CheckRequirement::kIgnore)
    given.Mistake("revocationLists", "must be left out with revocation: Ignore, which looks at none");
}

void CheckSpec(TrustRootSpec& spec, const Given& given) {
  if (!given.HasGood("type")) return;
  constexpr std::string_view kMembers[] = {"sigstore", "tuf", "notation"};
  const auto index = static_cast<std::size_t>(spec.type);
  given.RequireOnly(kMembers[index], {"sigstore", "tuf", "notation"}, "type: " + std::string(WordOf(spec.type)));
}

}  // namespace

template <>
const std::vector<EnumWord<TrustRootType>>& WordsOf<TrustRootType>() {
  static const std::vector<EnumWord<TrustRootType>> words = {
      {TrustRootType::kSigstore, "Sigstore"},
      {TrustRootType::kTUF, "TUF"},
      {TrustRootType::kNotation, "Notation"},
  };
  return words;
}

template <>
const std::vector<EnumWord<CheckRequirement>>& WordsOf<CheckRequirement>() {
  static const std::vector<EnumWord<CheckRequirement>> words = {
      {CheckRequirement::kRequired, "Required"},
      {CheckRequirement::kIgnore, "Ignore"},
  };
  return words;
}

template <>
const Table& TableOf<SigstoreRoot>() {
  // clang-format off
  static const auto table = StructTable<SigstoreRoot>({
      Field<&SigstoreRoot::trusted_root>("trustedRoot", "The document trusted_root.json.").Required(),
      Field<&SigstoreRoot::certificate_transparency>("certificateTransparency",
          "Whether certificates must carry a proof of a certificate log. Ignore is for instances of your own without such a log."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<TUFRoot>() {
  // clang-format off
  static const auto table = StructTable<TUFRoot>({
      Field<&TUFRoot::mirror>("mirror", "The repository, or a mirror of it.").Required().Length(1, 1024).Format(kHttpUrl),
      Field<&TUFRoot::initial_root>("initialRoot", "The root.json from which trust starts; newer ones must be signed by it.").Required(),
      Field<&TUFRoot::refresh_hours>("refreshHours", "How often it is asked for something newer.").Between(1, 720),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<NotationRoot>() {
  // clang-format off
  static const auto table = StructTable<NotationRoot>({
      Field<&NotationRoot::certificates>("certificates", "Certificates of authorities, or of signers themselves (trust store \"ca\")."),
      Field<&NotationRoot::signing_authorities>("signingAuthorities", "The same for signing services (trust store \"signingAuthority\")."),
      Field<&NotationRoot::timestamp_certificates>("timestampCertificates", "Root certificates of time-stamp authorities (trust store \"tsa\")."),
      Field<&NotationRoot::revocation_lists>("revocationLists", "Revocation lists, looked at before any is fetched."),
      Field<&NotationRoot::revocation>("revocation",
          "Required: a certificate counts only if it is known not to be revoked. Ignore: it is not asked, for closed networks."),
  }).Check(CheckNotation)
  .Cel("has(self.certificates) || has(self.signingAuthorities)", "write certificates or signingAuthorities")
  .Cel("!has(self.revocationLists) || !has(self.revocation) || self.revocation == 'Required'", "revocationLists are for revocation: Required");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<TrustRootSpec>() {
  // clang-format off
  static const auto table = StructTable<TrustRootSpec>({
      Field<&TrustRootSpec::type>("type", "What kind of trust material it is.").Required(),
      Field<&TrustRootSpec::sigstore>("sigstore", "With type Sigstore: a trusted root as data, which nothing updates."),
      Field<&TrustRootSpec::tuf>("tuf", "With type TUF: a trusted root that is kept up to date."),
      Field<&TrustRootSpec::notation>("notation", "With type Notation: certificates."),
  }).Check(CheckSpec)
  .Cel("has(self.sigstore) == (self.type == 'Sigstore') && has(self.tuf) == (self.type == 'TUF') && "
       "has(self.notation) == (self.type == 'Notation')", "write the one of sigstore, tuf and notation that goes with type");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<TrustRootStatus>() {
  // clang-format off
  static const auto table = StructTable<TrustRootStatus>({
      Field<&TrustRootStatus::conditions>("conditions", "Ready: the trust material could be read.").Items(0, 16).DistinctBy({"type"}),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<TrustRoot>() {
  // clang-format off
  static const auto table = StructTable<TrustRoot>({
      Unread("apiVersion", kApiVersionDoc),
      Unread("kind", kKindDoc),
      Field<&TrustRoot::metadata>("metadata", kMetadataDoc).Required(),
      Field<&TrustRoot::spec>("spec", "The trust material.").Required(),
      Field<&TrustRoot::status>("status", "Written by the operator.").Lenient(),
  });
  // clang-format on
  return table;
}

const Kind& TrustRootKind() {
  static const Kind kind{
      .info = {"TrustRoot", "trustroots", "trustroot", false},
      .short_name = "troot",
      .doc = "What signatures rest on beside the signer's own key: certificate authorities, transparency logs, time-stamp authorities.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: TrustRoot
metadata: {name: public}
spec:
  type: Sigstore
  sigstore:
    trustedRoot: {configMapKeyRef: {name: sigstore-public-good, key: trusted_root.json}}
)",
      .columns = {{"Type", "string", ".spec.type", "What kind of trust material it is."},
                  {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", "Whether the trust material could be read."}},
      .table = TableOf<TrustRoot>(),
      .decode = DecodeAs<TrustRoot>,
  };
  return kind;
}

}  // namespace hullwright::api
