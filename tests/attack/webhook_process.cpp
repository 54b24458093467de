#include "attack/webhook_process.h"

#include <chrono>
#include <stdexcept>

#include "support/free_port.h"
#include "support/paths.h"

namespace hullwright::test {
namespace {

constexpr std::chrono::seconds kPatience{20};

}  // namespace

Answer AnswerOf(const http::Response& response) {
  Answer answer;
  answer.status = response.status;
  answer.body = Json::parse(response.body, nullptr, false);
  for (const auto& [name, value] : response.headers) {
    if (name == "Warning" || name == "warning") answer.warnings.push_back(value);
  }
  return answer;
}

WebhookProcess::WebhookProcess(const std::string& kubeconfig, const testing::CertificateFiles& certificate, const std::string& ca_file,
                               const std::vector<std::string>& further)
    : target_{testing::FreePort(), ca_file} {
  std::vector<std::string> arguments = {"--kubeconfig",     kubeconfig,
                                        "--listen",         "127.0.0.1:" + std::to_string(port()),
                                        "--tls-cert",       certificate.certificate_file,
                                        "--tls-key",        certificate.key_file,
                                        "--shutdown-delay", "0",
                                        "--workload-path",  "rollouts.example.com/Rollout=/spec/template/spec"};
  arguments.insert(arguments.end(), further.begin(), further.end());
  process_ = std::make_unique<testing::Process>(testing::ProgramPath("hullwright-webhook"), arguments);
  if (!testing::WaitUntil([this] { return !process_->IsRunning() || Listens(); }, kPatience) || !process_->IsRunning()) {
    throw std::runtime_error("hullwright-webhook does not listen: " + process_->Errors());
  }
}

void WebhookProcess::WaitReady() const {
  if (!testing::WaitUntil([this] { return Get("/readyz").status == 200; }, kPatience)) {
    throw std::runtime_error("hullwright-webhook is not ready: " + process_->Errors());
  }
}

bool WebhookProcess::Listens() const {
  try {
    Get("/healthz");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Answer WebhookProcess::Send(const std::string& method, const std::string& path, const std::string& body) const {
  http::Headers headers;
  if (method == "POST") headers.emplace_back("Content-Type", "application/json");
  return AnswerOf(testing::Exchange(target_, method, path, headers, body));
}

}  // namespace hullwright::test
