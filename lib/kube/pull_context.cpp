#include "kube/pull_context.h"

#include <algorithm>

namespace hullwright::kube {
namespace {

constexpr std::size_t kMaxNameBytes = 253;

std::optional<JsonElement> PodSpecOf(const Workload& workload, JsonElement object) {
  std::optional<JsonElement> element = object;
  for (const std::string& key : workload.pod_spec_path) {
    if (element) element = Member(*element, key);
  }
  return element;
}

}  // namespace

bool IsObjectName(std::string_view text) {
  const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  if (text.empty() || text.size() > kMaxNameBytes || !std::ranges::all_of(text, is_inner)) return false;
  return text.find("..") == std::string_view::npos && text.front() != '.' && text.back() != '.' && text.front() != '-' &&
         text.back() != '-';
}

api::PullContext ReadPullContext(const Workload& workload, JsonElement object, std::string_view namespace_) {
  api::PullContext context{std::string(namespace_), "default", {}};
  const auto spec = PodSpecOf(workload, object);
  if (!spec) return context;
  if (const std::string_view account = TextMember(*spec, "serviceAccountName"); IsObjectName(account)) context.service_account = account;
  const auto secrets = Member(*spec, "imagePullSecrets");
  JsonArray list;
  if (!secrets || secrets->get(list) != simdjson::SUCCESS) return context;
  for (const JsonElement secret : list) {
    const std::string_view name = TextMember(secret, "name");
    const bool is_new = std::ranges::find(context.pull_secrets, name) == context.pull_secrets.end();
    if (IsObjectName(name) && is_new && context.pull_secrets.size() < kMaxPullSecrets) context.pull_secrets.emplace_back(name);
  }
  return context;
}

}  // namespace hullwright::kube
