// Objects that make the gate ask who signed, as small as the API server takes them; and their life in a test.
#pragma once

#include <string>
#include <vector>

#include "attack/gate.h"

namespace hullwright::test {

// Asked over plain HTTP, as often as a test likes. host: "127.0.0.1:21234".
Json RegistryAt(const std::string& host);

// Each way of signing is a member of a TrustedPublisher's authorities, named "release".
Json KeyAuthority(const std::string& pem);                                 // no transparency log
Json LoggedKeyAuthority(const std::string& pem, const std::string& root);  // root: name of a TrustRoot
// criteria: issuer, and subject or subjectRegExp.
Json KeylessAuthority(const Json& criteria, const std::string& root);
Json NotationAuthority(const std::string& identity, const std::string& root);

Json Publisher(const std::string& name, const std::vector<std::string>& repositories, const Json& authority);
Json SigstoreRoot(const std::string& name, const std::string& trusted_root_json);
Json NotationRoot(const std::string& name, const std::string& certificates_pem, const std::string& timestamp_pem);

// rules: of a ClusterImageAdmissionPolicy over these images that denies.
Json PolicyFor(const std::string& name, const std::vector<std::string>& images, const Json& rules);
Json SignedBy(const std::string& publisher);  // the rules that ask for its signature
Json AttestedBy(const std::string& publisher, const std::string& predicate_type);

// Written in this order by the administrator, deleted in the opposite one with the object.
class Installed {
 public:
  explicit Installed(const std::vector<Json>& objects);
  ~Installed();
  Installed(Installed&&) = delete;

  // Writes another spec for one of them. The webhook takes it up a moment later: wait for what changes by it.
  void Change(const Json& object);

 private:
  std::vector<Json> objects_;
};

}  // namespace hullwright::test
