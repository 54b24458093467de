#include "operator/controller_context.h"

#include <algorithm>
#include <chrono>

namespace hullwright::controller {
namespace {

constexpr std::chrono::seconds kHandshakeTime{3}, kAllHandshakesTime{30};

}  // namespace

std::vector<Presented> AskAll(const ControllerContext& context, const std::string& bundle) {
  std::vector<Presented> answers;
  const auto end = std::chrono::steady_clock::now() + kAllHandshakesTime;
  for (const WebhookAddress& address : context.ready_addresses()) {
    const Deadline deadline = std::min(std::chrono::steady_clock::now() + kHandshakeTime, end);
    answers.push_back(std::chrono::steady_clock::now() < end ? context.probe.Ask(address, context.names.ServerName(), bundle, deadline)
                                                             : Presented::kUnreachable);
  }
  return answers;
}

}  // namespace hullwright::controller
