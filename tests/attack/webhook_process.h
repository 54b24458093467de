// The real hullwright-webhook against an API server; stopped with the object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attack/objects.h"
#include "http/http.h"
#include "support/certificates.h"
#include "support/https_exchange.h"
#include "support/process.h"

namespace hullwright::test {

struct Answer {
  int status = 0;
  Json body;
  std::vector<std::string> warnings;

  bool ok() const { return status / 100 == 2; }
  std::string message() const { return body.value("message", body.dump()); }
};
Answer AnswerOf(const http::Response& response);

class WebhookProcess {
 public:
  // Returns when it listens. ca_file signed the certificate.
  WebhookProcess(const std::string& kubeconfig, const testing::CertificateFiles& certificate, const std::string& ca_file,
                 const std::vector<std::string>& further);

  Answer Get(const std::string& path) const { return Send("GET", path, ""); }
  Answer Post(const std::string& path, const std::string& body) const { return Send("POST", path, body); }
  void WaitReady() const;
  std::uint16_t port() const { return target_.port; }
  std::size_t ResidentBytes() const { return process_->ResidentBytes(); }

 private:
  bool Listens() const;
  Answer Send(const std::string& method, const std::string& path, const std::string& body) const;

  testing::HttpsTarget target_;
  std::unique_ptr<testing::Process> process_;
};

}  // namespace hullwright::test
