// From objects to what signatures are judged by and to how registries are asked: keys and roots parsed, ConfigMaps and Secrets read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "evidence/cluster_data.h"
#include "evidence/trust_material.h"
#include "evidence/trust_objects.h"
#include "evidence/tuf_roots.h"
#include "registry/configuration.h"

namespace hullwright::evidence {

// Not thread-safe: one refresher owns it. Text of a ConfigMap or Secret that cannot be read just now stays what it was.
class TrustReader {
 public:
  // release_namespace: where ConfigMaps and Secrets of TrustedPublisher, TrustRoot and Registry objects are, the release namespace.
  // tuf: null where nothing is fetched.
  TrustReader(ClusterData& cluster, std::string release_namespace, TufRoots* tuf = nullptr)
      : cluster_(cluster), release_namespace_(std::move(release_namespace)), tuf_(tuf) {}

  // Never fails as a whole: an authority whose material is missing or malformed is broken by itself, and says why.
  std::shared_ptr<const TrustMaterial> ReadTrust(const TrustObjects& objects, Deadline deadline);

  // The text of a document or of certificates, wherever it stands.
  Result<std::string> ReadText(const api::JsonSource& source, Deadline deadline);
  Result<std::string> ReadText(const api::PemSource& source, Deadline deadline);

  // Errors: what makes a Registry object unusable; the others would have to be asked without it, so that none is put in force.
  // nullptr: as they were read last.
  Result<std::shared_ptr<const registry::Hosts>> ReadHosts(const TrustObjects& objects, Deadline deadline);

 private:
  struct Source;
  Result<std::string> ReadSource(const Source& source, Deadline deadline);
  Result<std::string> ReadKey(bool secret, const api::DataKeyRef& ref, Deadline deadline);
  Result<SecretData> ReadSecret(const std::string& name, Deadline deadline);

  struct Reading;  // of one publisher
  // pull_secret: the text that the keyring was made from.
  Result<registry::HostSettings> ReadRegistry(const api::Registry& object, Deadline deadline, std::string& pull_secret);

  ClusterData& cluster_;
  const std::string release_namespace_;
  TufRoots* const tuf_;
  std::string hosts_read_;                                                              // fingerprint of what ReadHosts made last
  std::map<std::string, SecretData, std::less<>> secrets_;                              // last good, by name
  std::map<std::string, std::map<std::string, std::string>, std::less<>> config_maps_;  // last good
};

}  // namespace hullwright::evidence
