#include "cli/doctor/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "kube/list_page.h"
#include "kube/status.h"

namespace hullwright::cli {
namespace {

constexpr std::chrono::seconds kPatienceForOneAnswer{10};
constexpr std::size_t kMaxViewedDepth = 200;
constexpr std::size_t kMaxPageBytes = 64u << 20;
constexpr int kObjectsInAPage = 200;

bool IsSuccess(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

Result<kube::ClusterAccess> FindCluster(const ClusterOptions& options, const Environment& environment) {
  const std::string& file = options.kubeconfig.empty() ? environment.kubeconfig : options.kubeconfig;
  if (!file.empty()) return kube::ClusterAccess::FromKubeconfig(file, options.context);
  if (!options.context.empty())
    return Fail(ErrorCode::kNotFound, "--context: there is no kubeconfig: name one with --kubeconfig, or set KUBECONFIG");
  auto access = kube::ClusterAccess::FromServiceAccount();
  if (!access)
    return Fail(ErrorCode::kNotFound,
                "there is neither a kubeconfig (name one with --kubeconfig, or set KUBECONFIG) nor the ServiceAccount of a Pod");
  return access;
}

Result<http::Response> ClusterView::Answer(const kube::RawRequest& request) {
  const Deadline now = std::chrono::steady_clock::now();
  if (now >= end_)
    return Fail(ErrorCode::kDeadline,
                fmt::format("{} {}: not asked, the time for all questions is over", request.method, request.path_and_query));
  return client_.Send(request, std::min(end_, now + kPatienceForOneAnswer));
}

Result<KubeJson> ClusterView::Ask(const kube::RawRequest& request) {
  const std::string what = fmt::format("{} {}", request.method, request.path_and_query);
  const auto response = Answer(request);
  if (!response) return std::unexpected(response.error());
  if (!IsSuccess(response->status)) return std::unexpected(kube::ErrorOf(*response, what));
  auto object = ReadObject(response->body);
  if (!object) return std::unexpected(object.error().Within(what));
  return object;
}

Result<KubeJson> ClusterView::Get(const std::string& path) {
  return Ask({.path_and_query = path});
}

Result<KubeJson> ClusterView::Post(const std::string& path, const KubeJson& body) {
  return Ask({.method = "POST", .path_and_query = path, .json = body.dump()});
}

Result<ListedObjects> ClusterView::List(const std::string& path) {
  ListedObjects listed;
  std::size_t bytes = 0;
  JsonReader reader;
  for (std::string next;;) {
    const std::string page_path = fmt::format("{}{}limit={}{}{}", path, path.contains('?') ? "&" : "?", kObjectsInAPage,
                                              next.empty() ? "" : "&continue=", kube::PercentEncode(next));
    const auto response = Answer({.path_and_query = page_path, .max_bytes = kMaxPageBytes});
    if (!response) return std::unexpected(response.error());
    if (!IsSuccess(response->status)) return std::unexpected(kube::ErrorOf(*response, "GET " + path));
    const auto document = reader.Read(response->body, kube::StoredObjectLimits(kMaxPageBytes));
    if (!document) return std::unexpected(document.error().Within("GET " + path));
    const auto page = kube::ReadListPage(*document);
    if (!page) return std::unexpected(page.error().Within("GET " + path));
    for (const JsonElement item : page->items.value_or(JsonArray())) {
      std::string text = simdjson::minify(item);
      bytes += text.size();
      listed.cut |= listed.objects.size() == kMaxListedObjects || bytes > kMaxListedBytes;
      if (listed.cut) return listed;
      listed.objects.push_back(std::move(text));
    }
    if (page->next.empty()) return listed;
    next = page->next;
  }
}

Result<KubeJson> ReadObject(std::string_view text) {
  JsonReader reader;
  const auto element = reader.Read(text, {.max_bytes = 16u << 20, .max_depth = kMaxViewedDepth});
  if (!element) return std::unexpected(element.error());
  KubeJson object = KubeJson::parse(text, nullptr, false);
  if (!object.is_object()) return Fail(ErrorCode::kInvalidInput, "the answer is no JSON object");
  return object;
}

const KubeJson& At(const KubeJson& object, std::string_view key) {
  static const KubeJson kAbsent;
  if (!object.is_object()) return kAbsent;
  const auto found = object.find(key);
  return found == object.end() ? kAbsent : *found;
}

std::string TextAt(const KubeJson& object, std::string_view key) {
  const KubeJson& member = At(object, key);
  return member.is_string() ? member.get<std::string>() : "";
}

const KubeJson& AtPath(const KubeJson& object, std::initializer_list<std::string_view> path) {
  const KubeJson* at = &object;
  for (const std::string_view key : path) at = &At(*at, key);
  return *at;
}

}  // namespace hullwright::cli
