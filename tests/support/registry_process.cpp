#include "support/registry_process.h"

#include <fmt/format.h>

#include <stdexcept>

#include "support/api_server.h"
#include "support/free_port.h"
#include "support/raw_http.h"

namespace hullwright::testing {
namespace {

using std::chrono::seconds;

constexpr auto kStartPatience = seconds(20);
constexpr int kAttempts = 3;  // somebody else may take the port between FreePort and the registry

std::string Configuration(const std::string& folder, const std::string& host) {
  return fmt::format(
      "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
      "storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\nhttp: {{addr: '{}'}}\n",
      folder, host);
}

bool Answers(std::uint16_t port) {
  RawConnection connection(port, seconds(2));
  const auto response = connection.Exchange(GetRequest("/v2/"));
  return response && response->status == 200;
}

}  // namespace

RegistryProcess::RegistryProcess(RegistryKind kind) : kind_(kind) {
  for (int attempt = 1;; ++attempt) try {
      StartSomewhere();
      return;
    } catch (const std::runtime_error&) {
      if (attempt == kAttempts) throw;
    }
}

void RegistryProcess::StartSomewhere() {
  port_ = FreePort();
  host_ = fmt::format("127.0.0.1:{}", port_);
  Start();
}

void RegistryProcess::Stop() {
  process_.reset();
}

void RegistryProcess::Launch() {
  const std::string storage = folder_.path() / "storage";
  if (kind_ == RegistryKind::kReferrersApi) {
    process_ = std::make_unique<Process>(
        TestTool("olareg"), std::vector<std::string>{"serve", "--addr", "127.0.0.1", "--port", std::to_string(port_), "--dir", storage,
                                                     "--gc-frequency", "-1s", "--api-delete", "--api-blob-delete"});
  } else if (kind_ == RegistryKind::kInMemory) {
    process_ = std::make_unique<Process>(TestTool("crane"), std::vector<std::string>{"registry", "serve", "--address", host_});
  } else {
    const std::string file = folder_.Write("registry.yaml", Configuration(storage, host_));
    process_ = std::make_unique<Process>("docker-registry", std::vector<std::string>{"serve", file});
  }
}

void RegistryProcess::Start() {
  Launch();
  WaitUntil([this] { return !process_->IsRunning() || Answers(port_); }, kStartPatience);
  // Running and answering, so that it is not somebody else on our port who answers.
  if (!process_->IsRunning() || !Answers(port_)) {
    throw std::runtime_error("the registry does not serve:\n" + process_->Output() + process_->Errors());
  }
}

}  // namespace hullwright::testing
