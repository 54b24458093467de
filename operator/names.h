// What our objects in the cluster are called: fixed by the release's namespace and full name, the same in the chart.
#pragma once

#include <string>
#include <vector>

namespace hullwright::controller {

inline constexpr const char* kFieldManager = "hullwright-operator";

struct Names {
  std::string namespace_ = "hullwright-system";
  std::string full_name = "hullwright";
  std::string tls_secret = {};  // "": full_name + "-webhook-tls"

  std::string AuthoritySecret() const { return full_name + "-ca"; }
  std::string ServingSecret() const { return tls_secret.empty() ? full_name + "-webhook-tls" : tls_secret; }
  std::string Service() const { return full_name + "-webhook"; }
  std::string ConfigMap() const { return full_name + "-webhook-configuration"; }
  std::string Lease() const { return full_name + "-operator"; }
  const std::string& Configuration() const { return full_name; }  // of both kinds

  // The name that API servers verify (k8s.io/apiserver: pkg/util/webhook).
  std::string ServerName() const { return Service() + "." + namespace_ + ".svc"; }
  // All names under which the Service is reached.
  std::vector<std::string> ServerNames() const {
    return {ServerName(), ServerName() + ".cluster.local", Service() + "." + namespace_, Service()};
  }

  std::string SecretPath(const std::string& name) const { return Path("secrets", name); }
  std::string ConfigMapPath() const { return Path("configmaps", ConfigMap()); }

 private:
  std::string Path(const char* resource, const std::string& name) const {
    return "/api/v1/namespaces/" + namespace_ + "/" + resource + "/" + name;
  }
};

}  // namespace hullwright::controller
