// The authorities of a TrustedPublisher: the ways of signing that are its own.
#include <algorithm>

#include "api/pem_shape.h"
#include "api/shared_tables.h"
#include "api/trusted_publisher.h"

namespace hullwright::api {
namespace {

void CheckKey(KeyAuthority& key, const Given& given) {
  given.RequireOneOf({"pem", "configMapKeyRef", "secretKeyRef"});
  if (given.HasGood("pem")) {
    if (const std::string mistake = MistakeInPem(key.pem, "PUBLIC KEY", 1); !mistake.empty()) given.Mistake("pem", mistake);
  }
  if (given.Has("trustRootRef") && key.transparency_log == LogRequirement::kIgnore)
    given.Mistake("trustRootRef", "must be left out with transparencyLog: Ignore, a key alone rests on no TrustRoot");
}

void CheckKeyless(KeylessAuthority&, const Given& given) {
  given.RequireOneOf({"subject", "subjectRegExp"});
}

// The attribute types of a distinguished name, roughly: lib/verify reads it properly.
bool HasAttribute(std::string_view name, std::string_view type) {
  for (std::size_t at = name.find(type); at != std::string_view::npos; at = name.find(type, at + 1)) {
    const bool begins = at == 0 || name[at - 1] == ',' || name[at - 1] == ' ' || name[at - 1] == '+' || name[at - 1] == ':';
    if (begins && name.substr(at + type.size()).starts_with('=')) return true;
  }
  return false;
}

void CheckNotation(NotationAuthority& notation, const Given& given) {
  if (!given.HasGood("identities")) return;
  for (std::size_t i = 0; i < notation.identities.size(); ++i) {
    const std::string& identity = notation.identities[i];
    if (identity == "*") {
      if (notation.identities.size() > 1)
        given.MistakeInItem("identities", i, "", "\"*\" must stand alone: with it the others mean nothing");
      continue;
    }
    if (!HasAttribute(identity, "C") || !HasAttribute(identity, "ST") || !HasAttribute(identity, "O"))
      given.MistakeInItem("identities", i, "", "must name at least C, ST and O, like \"x509.subject: C=US, ST=WA, O=acme\"");
  }
}

void CheckAuthority(Authority& authority, const Given& given) {
  if (!given.HasGood("type")) return;
  constexpr std::string_view kMembers[] = {"key", "keyless", "notation"};
  const auto index = static_cast<std::size_t>(authority.type);
  given.RequireOnly(kMembers[index], {"key", "keyless", "notation"}, "type: " + std::string(WordOf(authority.type)));
}

}  // namespace

std::string_view Authority::TrustRootName() const {
  const auto named = [](const std::optional<NameRef>& ref) { return ref ? std::string_view(ref->name) : kDefaultTrustRoot; };
  if (key) return key->transparency_log == LogRequirement::kRequired ? named(key->trust_root_ref) : "";
  if (keyless) return named(keyless->trust_root_ref);
  return notation ? std::string_view(notation->trust_root_ref.name) : "";
}

template <>
const std::vector<EnumWord<AuthorityType>>& WordsOf<AuthorityType>() {
  static const std::vector<EnumWord<AuthorityType>> words = {
      {AuthorityType::kKey, "Key"},
      {AuthorityType::kKeyless, "Keyless"},
      {AuthorityType::kNotation, "Notation"},
  };
  return words;
}

template <>
const std::vector<EnumWord<LogRequirement>>& WordsOf<LogRequirement>() {
  static const std::vector<EnumWord<LogRequirement>> words = {
      {LogRequirement::kRequired, "Required"},
      {LogRequirement::kIgnore, "Ignore"},
  };
  return words;
}

template <>
const std::vector<EnumWord<NotationLevel>>& WordsOf<NotationLevel>() {
  constexpr std::string_view kNoTrust = "refused: at this level a signature that is not authentic would count";
  static const std::vector<EnumWord<NotationLevel>> words = {
      {NotationLevel::kStrict, "Strict"},
      {NotationLevel::kPermissive, "Permissive"},
      {NotationLevel::kStrict, "Audit", kNoTrust},
      {NotationLevel::kStrict, "Skip", kNoTrust},
  };
  return words;
}

template <>
const Table& TableOf<KeyAuthority>() {
  // clang-format off
  static const auto table = StructTable<KeyAuthority>({
      Field<&KeyAuthority::pem>("pem", "The public key: one PUBLIC KEY block.").Length(1, kMaxKeyBytes),
      Field<&KeyAuthority::config_map_key_ref>("configMapKeyRef", "The entry of a ConfigMap that holds the public key."),
      Field<&KeyAuthority::secret_key_ref>("secretKeyRef", "The entry of a Secret that holds the public key."),
      Field<&KeyAuthority::transparency_log>("transparencyLog",
          "Required: a signature counts only with a proof that it stands in a log of the trust root. Ignore: the key alone will do."),
      Field<&KeyAuthority::trust_root_ref>("trustRootRef", "The TrustRoot that knows the log. Left out: the one called public."),
  }).Check(CheckKey)
  .Cel(kOnePemSource, "write exactly one of pem, configMapKeyRef and secretKeyRef")
  .Cel("!has(self.trustRootRef) || !has(self.transparencyLog) || self.transparencyLog == 'Required'",
      "trustRootRef is for transparencyLog: Required");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<KeylessAuthority>() {
  // clang-format off
  static const auto table = StructTable<KeylessAuthority>({
      Field<&KeylessAuthority::issuer>("issuer", "The OpenID issuer that knew the signer, exactly.")
          .Required().Length(1, 2048).Format(kHttpUrl),
      Field<&KeylessAuthority::subject>("subject", "The signer as the certificate names it, exactly: a workflow's URL or an address.")
          .Length(1, 2048),
      Field<&KeylessAuthority::subject_reg_exp>("subjectRegExp", "The same as a regular expression of the whole value."),
      Field<&KeylessAuthority::extensions>("extensions",
          "What else the certificate must say, by the names that Fulcio gives its extensions, each exactly.")
          .Items(1, 32).Length(1, 1024).KeyFormat(kFulcioExtension),
      Field<&KeylessAuthority::transparency_log>("transparencyLog",
          "Required: a signature counts only with a proof that it stands in a log of the trust root. Ignore: for a Sigstore without a "
          "log, such as GitHub's for private repositories; an RFC 3161 time-stamp of an authority of the trust root proves the time."),
      Field<&KeylessAuthority::trust_root_ref>("trustRootRef",
          "The TrustRoot that knows the certificate authority and the logs. Left out: the one called public."),
  }).Check(CheckKeyless)
  .Cel("has(self.subject) != has(self.subjectRegExp)", "write exactly one of subject and subjectRegExp");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<NotationAuthority>() {
  // clang-format off
  static const auto table = StructTable<NotationAuthority>({
      Field<&NotationAuthority::trust_root_ref>("trustRootRef", "The TrustRoot of type Notation.").Required(),
      Field<&NotationAuthority::identities>("identities",
          "Who may sign: names of which every part must stand in the signer's certificate, or \"*\" alone.")
          .Required().Items(1, 64).Length(1, 1024).Format(kTrustedIdentity).Distinct(),
      Field<&NotationAuthority::level>("level",
          "Strict: everything must hold. Permissive: time-stamps, expiry and revocation are not asked for."),
  }).Check(CheckNotation);
  // clang-format on
  return table;
}

template <>
const Table& TableOf<Authority>() {
  // clang-format off
  static const auto table = StructTable<Authority>({
      Field<&Authority::name>("name", "How messages call it.").Required().Length(1, 63).Format(kDnsLabel),
      Field<&Authority::type>("type", "Key: cosign with a key pair. Keyless: cosign with a certificate for an identity. Notation: Notary Project.")
          .Required(),
      Field<&Authority::key>("key", "With type Key."),
      Field<&Authority::keyless>("keyless", "With type Keyless."),
      Field<&Authority::notation>("notation", "With type Notation."),
  }).Check(CheckAuthority)
  .Cel("has(self.key) == (self.type == 'Key') && has(self.keyless) == (self.type == 'Keyless') && "
       "has(self.notation) == (self.type == 'Notation')", "write the one of key, keyless and notation that goes with type");
  // clang-format on
  return table;
}

}  // namespace hullwright::api
