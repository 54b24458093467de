#include "evidence/trust_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "evidence/trust_documents.h"
#include "verify/hash.h"

namespace hullwright::evidence {
namespace {

using policy::Doubt;
using policy::ReasonWord;

// Everything that ReadRegistry puts into the settings.
std::string FingerprintOf(const registry::Configuration& configuration, const std::vector<std::string>& pull_secrets) {
  std::string all;
  for (std::size_t i = 0; i < configuration.hosts.size(); ++i) {
    const registry::HostSettings& host = configuration.hosts[i];
    all += fmt::format("{}\n{}\n{}\n", host.host, host.plain_http, host.requests_per_second);
    for (const registry::Mirror& mirror : host.mirrors) all += fmt::format("{}/{}\n", mirror.host, mirror.path);
    for (const std::string* text : {&host.tls.ca_pem, &host.tls.client_certificate_pem, &host.tls.client_key_pem, &pull_secrets[i]})
      all += fmt::format("{}:{}\n", text->size(), *text);
  }
  return verify::Sha256(all);
}

}  // namespace

// Text in the object itself, or in a ConfigMap or Secret.
struct TrustReader::Source {
  const std::string& text;
  const std::optional<api::DataKeyRef>&config_map, &secret;

  explicit Source(const api::PemSource& pem) : text(pem.pem), config_map(pem.config_map_key_ref), secret(pem.secret_key_ref) {}
  explicit Source(const api::JsonSource& json) : text(json.json), config_map(json.config_map_key_ref), secret(json.secret_key_ref) {}
  explicit Source(const api::KeyAuthority& key) : text(key.pem), config_map(key.config_map_key_ref), secret(key.secret_key_ref) {}
};

Result<SecretData> TrustReader::ReadSecret(const std::string& name, Deadline deadline) {
  auto secret = cluster_.Secret(release_namespace_, name, deadline);
  if (secret) return secrets_.insert_or_assign(name, std::move(*secret)).first->second;
  const auto before = secrets_.find(name);
  if (secret.error().code != ErrorCode::kNotFound && before != secrets_.end()) return before->second;
  return std::unexpected(secret.error().Within(fmt::format("Secret {}/{}", release_namespace_, name)));
}

Result<std::string> TrustReader::ReadKey(bool secret, const api::DataKeyRef& ref, Deadline deadline) {
  std::map<std::string, std::string> data;
  if (secret) {
    auto read = ReadSecret(ref.name, deadline);
    if (!read) return std::unexpected(read.error());
    data = std::move(read->data);
  } else {
    auto read = cluster_.ConfigMap(release_namespace_, ref.name, deadline);
    const auto before = config_maps_.find(ref.name);
    const bool use_before = !read && read.error().code != ErrorCode::kNotFound && before != config_maps_.end();
    if (!read && !use_before) return std::unexpected(read.error().Within(fmt::format("ConfigMap {}/{}", release_namespace_, ref.name)));
    data = use_before ? before->second : config_maps_.insert_or_assign(ref.name, std::move(*read)).first->second;
  }
  const auto value = data.find(ref.key);
  if (value != data.end()) return std::move(value->second);
  return Fail(ErrorCode::kNotFound,
              fmt::format("{} {}/{} has no key {}", secret ? "Secret" : "ConfigMap", release_namespace_, ref.name, ref.key));
}

Result<std::string> TrustReader::ReadSource(const Source& source, Deadline deadline) {
  if (source.config_map) return ReadKey(false, *source.config_map, deadline);
  if (source.secret) return ReadKey(true, *source.secret, deadline);
  return source.text;
}

Result<std::string> TrustReader::ReadText(const api::JsonSource& source, Deadline deadline) {
  return ReadSource(Source(source), deadline);
}

Result<std::string> TrustReader::ReadText(const api::PemSource& source, Deadline deadline) {
  return ReadSource(Source(source), deadline);
}

// The authorities of one publisher. seen gathers every text that was read, for the fingerprint.
struct TrustReader::Reading {
  TrustReader& reader;
  const TrustObjects& objects;
  const Deadline deadline;
  std::set<std::string>& tuf_names;  // of TrustRoots that were asked for
  PublisherTrust trust = {};
  std::string seen = {};

  Result<std::string> Text(const Source& source) {
    auto text = reader.ReadSource(source, deadline);
    if (text) seen += fmt::format("{}:{}\n", text->size(), *text);
    return text;
  }

  Result<const api::TrustRoot*> Root(std::string_view name, std::initializer_list<api::TrustRootType> types) const {
    const auto found = objects.roots.find(name);
    if (found == objects.roots.end()) return Fail(ErrorCode::kNotFound, fmt::format("TrustRoot {} does not exist", name));
    if (std::ranges::find(types, found->second.spec.type) != types.end()) return &found->second;
    return Fail(ErrorCode::kInvalidInput, fmt::format("TrustRoot {} is of another type than the authority needs", name));
  }

  // The document trusted_root.json, given or fetched.
  Result<std::string> TrustedRootText(const api::TrustRoot& root) {
    if (root.spec.sigstore) return Text(Source(root.spec.sigstore->trusted_root));
    if (reader.tuf_ == nullptr) return Fail(ErrorCode::kUnsupported, "it is of type TUF, and this program fetches nothing");
    const api::TUFRoot& tuf = *root.spec.tuf;
    tuf_names.insert(root.metadata.name);
    auto initial = reader.ReadSource(Source(tuf.initial_root), deadline);
    if (!initial) return std::unexpected(initial.error());
    auto text = reader.tuf_->TrustedRoot(root.metadata.name, {tuf.mirror, std::move(*initial), std::chrono::hours(tuf.refresh_hours)});
    if (text) seen += fmt::format("{}:{}\n", text->size(), *text);
    return text;
  }

  struct Sigstore {
    std::shared_ptr<const verify::TrustedRoot> root;
    bool certificate_transparency = true;
  };
  Result<Sigstore> SigstoreRoot(std::string_view name) {
    const auto root = Root(name, {api::TrustRootType::kSigstore, api::TrustRootType::kTUF});
    if (!root) return std::unexpected(root.error());
    const auto text = TrustedRootText(**root);
    if (!text) return std::unexpected(text.error().Within(fmt::format("TrustRoot {}", name)));
    auto parsed = ReadTrustedRoot(*text);
    if (!parsed) return std::unexpected(parsed.error().Within(fmt::format("TrustRoot {}", name)));
    const auto& given = (*root)->spec.sigstore;
    return Sigstore{std::make_shared<const verify::TrustedRoot>(std::move(*parsed)),
                    !given || given->certificate_transparency == api::CheckRequirement::kRequired};
  }

  Result<void> Key(const api::Authority& authority) {
    const auto pem = Text(Source(*authority.key));
    if (!pem) return std::unexpected(pem.error());
    auto key = ReadPublicKey(*pem);
    if (!key) return std::unexpected(key.error());
    verify::KeyAuthority made{std::move(*key), verify::TransparencyLogRule::kIgnored, nullptr};
    seen += authority.key->transparency_log == api::LogRequirement::kRequired ? "logged\n" : "alone\n";
    if (authority.key->transparency_log == api::LogRequirement::kRequired) {
      auto root = SigstoreRoot(authority.TrustRootName());
      if (!root) return std::unexpected(root.error());
      made.transparency_log = verify::TransparencyLogRule::kRequired;
      made.root = std::move(root->root);
    }
    trust.authorities.push_back({trust.name, authority.name, std::move(made)});
    return {};
  }

  Result<void> Keyless(const api::Authority& authority) {
    const api::KeylessAuthority& keyless = *authority.keyless;
    seen += fmt::format("{}\n{}\n{}\n", keyless.subject, keyless.subject_reg_exp ? keyless.subject_reg_exp->text() : "", keyless.issuer);
    for (const auto& [name, value] : keyless.extensions) seen += fmt::format("{}={}\n", name, value);
    auto matcher = ReadIdentity(keyless);
    if (!matcher) return std::unexpected(matcher.error());
    auto root = SigstoreRoot(authority.TrustRootName());
    if (!root) return std::unexpected(root.error());
    const auto log = keyless.transparency_log == api::LogRequirement::kRequired ? verify::TransparencyLogRule::kRequired
                                                                                : verify::TransparencyLogRule::kIgnored;
    seen += root->certificate_transparency ? "ct\n" : "no ct\n";
    seen += log == verify::TransparencyLogRule::kRequired ? "log\n" : "no log\n";
    trust.authorities.push_back(
        {trust.name, authority.name,
         verify::KeylessAuthority{{std::move(*matcher)}, std::move(root->root), root->certificate_transparency, log}});
    return {};
  }

  Result<std::vector<verify::Certificate>> Store(verify::TrustStoreType type, const std::optional<api::PemSource>& source) {
    seen += fmt::format("store {}\n", static_cast<int>(type));
    if (!source) return std::vector<verify::Certificate>{};
    const auto text = Text(Source(*source));
    if (!text) return std::unexpected(text.error());
    return ReadStore(type, *text);
  }

  Result<void> Notation(const api::Authority& authority) {
    const auto root = Root(authority.TrustRootName(), {api::TrustRootType::kNotation});
    if (!root) return std::unexpected(root.error());
    const api::NotationRoot& notation = *(*root)->spec.notation;
    auto ca = Store(verify::TrustStoreType::kCa, notation.certificates);
    if (!ca) return std::unexpected(ca.error());
    auto signing = Store(verify::TrustStoreType::kSigningAuthority, notation.signing_authorities);
    if (!signing) return std::unexpected(signing.error());
    auto tsa = Store(verify::TrustStoreType::kTsa, notation.timestamp_certificates);
    if (!tsa) return std::unexpected(tsa.error());
    auto identities = ReadIdentities(*authority.notation);
    if (!identities) return std::unexpected(identities.error());
    verify::NotationAuthority made;
    made.publisher = trust.name;
    made.name = authority.name;
    made.policy.stores = {std::move(*ca), std::move(*signing), std::move(*tsa)};
    made.policy.identities = std::move(*identities);
    const bool strict = authority.notation->level == api::NotationLevel::kStrict;
    made.policy.level = strict ? verify::NotationLevel::kStrict : verify::NotationLevel::kPermissive;
    if (notation.revocation == api::CheckRequirement::kIgnore) made.policy.revocation = verify::NotationAction::kSkip;
    seen += fmt::format("{}\n{}\n{}\n", fmt::join(authority.notation->identities, "\n"), strict, made.policy.revocation.has_value());
    if (auto read = RevocationLists(notation, made.revocation); !read) return read;
    trust.notation.push_back(std::move(made));
    return {};
  }

  Result<void> RevocationLists(const api::NotationRoot& notation, verify::RevocationMaterial& material) {
    if (!notation.revocation_lists) return {};
    const auto text = Text(Source(*notation.revocation_lists));
    if (!text) return std::unexpected(text.error());
    auto lists = ReadRevocationLists(*text);
    if (!lists) return std::unexpected(lists.error().Within("revocationLists"));
    material.crls = std::move(*lists);
    return {};
  }

  void Add(const api::Authority& authority) {
    seen += authority.name + "\n";
    Result<void> added;
    switch (authority.type) {
      case api::AuthorityType::kKey:
        added = Key(authority);
        break;
      case api::AuthorityType::kKeyless:
        added = Keyless(authority);
        break;
      case api::AuthorityType::kNotation:
        added = Notation(authority);
        break;
    }
    if (added) return;
    const std::string message =
        fmt::format("authority {} of TrustedPublisher {} cannot be used: {}", authority.name, trust.name, added.error().message);
    seen += message + "\n";
    trust.broken.push_back({authority.name, {ReasonWord::kTrustMaterialInvalid, message}});
  }

  void Names(const api::TrustedPublisherSpec& spec) {
    trust.repositories = spec.repositories;
    trust.aliases = spec.aliases;
    for (const auto* patterns : {&trust.repositories, &trust.aliases}) {
      for (const ImagePattern& pattern : *patterns) seen += pattern.text() + "\n";
      seen += "\n";
    }
  }

  void Place(const std::string& signature_repository) {
    seen += signature_repository + "\n";
    if (signature_repository.empty()) return;
    const auto reference = ImageReference::Parse(signature_repository);
    if (reference) {
      trust.signature_repository = registry::RepositoryName{reference->host, reference->repository};
    } else {
      trust.broken.push_back(
          {"signatureRepository", {ReasonWord::kTrustMaterialInvalid, "signatureRepository: " + reference.error().message}});
    }
  }
};

std::shared_ptr<const TrustMaterial> TrustReader::ReadTrust(const TrustObjects& objects, Deadline deadline) {
  auto material = std::make_shared<TrustMaterial>();
  std::set<std::string> tuf_names;
  for (const api::TrustedPublisher& publisher : objects.publishers) {
    if (publisher.spec.verification != api::PublisherVerification::kSignature) continue;
    Reading reading{*this, objects, deadline, tuf_names};
    reading.trust.name = publisher.metadata.name;
    for (const api::Authority& authority : publisher.spec.authorities) reading.Add(authority);
    reading.Place(publisher.spec.signature_repository);
    reading.Names(publisher.spec);
    reading.trust.fingerprint = verify::ToHex(verify::Sha256(reading.seen));
    material->publishers.emplace(publisher.metadata.name, std::make_shared<const PublisherTrust>(std::move(reading.trust)));
  }
  if (tuf_ != nullptr) tuf_->KeepOnly(tuf_names);
  return material;
}

Result<registry::HostSettings> TrustReader::ReadRegistry(const api::Registry& object, Deadline deadline, std::string& pull_secret) {
  const api::RegistrySpec& spec = object.spec;
  registry::HostSettings host{.host = spec.host, .plain_http = spec.plain_http};
  host.requests_per_second = static_cast<double>(spec.requests_per_second);
  for (const std::string& mirror : spec.fetch_from) {
    const auto slash = mirror.find('/');
    host.mirrors.push_back({mirror.substr(0, slash), slash == std::string::npos ? "" : mirror.substr(slash + 1)});
  }
  if (spec.ca) {
    auto pem = ReadSource(Source(*spec.ca), deadline);
    if (!pem) return std::unexpected(pem.error());
    host.tls.ca_pem = std::move(*pem);
  }
  if (spec.client_certificate_ref) {
    auto secret = ReadSecret(spec.client_certificate_ref->name, deadline);
    if (!secret) return std::unexpected(secret.error());
    host.tls.client_certificate_pem = secret->data["tls.crt"];
    host.tls.client_key_pem = secret->data["tls.key"];
  }
  if (spec.pull_secret_ref) {
    auto secret = ReadSecret(spec.pull_secret_ref->name, deadline);
    if (!secret) return std::unexpected(secret.error());
    pull_secret = secret->data[".dockerconfigjson"];
    auto keyring = std::make_shared<registry::Keyring>();
    if (auto added = keyring->Add(registry::PullSecretFormat::kDockerConfigJson, pull_secret); !added)
      return std::unexpected(added.error().Within("pullSecretRef"));
    host.keyring = std::move(keyring);
  }
  return host;
}

Result<std::shared_ptr<const registry::Hosts>> TrustReader::ReadHosts(const TrustObjects& objects, Deadline deadline) {
  registry::Configuration configuration;
  std::vector<std::string> pull_secrets;
  for (const api::Registry& object : objects.registries) {
    auto host = ReadRegistry(object, deadline, pull_secrets.emplace_back());
    if (!host) return std::unexpected(host.error().Within("Registry " + object.metadata.name));
    configuration.hosts.push_back(std::move(*host));
  }
  std::string fingerprint = FingerprintOf(configuration, pull_secrets);
  if (fingerprint == hosts_read_) return nullptr;
  auto hosts = registry::Hosts::Make(std::move(configuration));
  if (hosts) hosts_read_ = std::move(fingerprint);
  return hosts;
}

}  // namespace hullwright::evidence
