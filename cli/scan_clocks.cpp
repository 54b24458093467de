#include "cli/scan_clocks.h"

#include <fmt/format.h>

#include <chrono>
#include <stop_token>
#include <variant>

#include "api/object.h"
#include "base/json.h"
#include "base/yaml.h"
#include "cli/files.h"
#include "cli/text.h"
#include "kube/client.h"
#include "kube/list_page.h"

namespace hullwright::cli {
namespace {

constexpr std::string_view kScansPath = "/apis/hullwright.dev/v1alpha1/imagescans";
constexpr std::size_t kMaxScanFileBytes = 16u << 20;  // as the programs that judge by the folder read it
constexpr std::size_t kMaxScanFiles = 200'000;
constexpr std::size_t kScansPerPage = 200;
constexpr std::size_t kMaxPageBytes = 128u << 20;  // as many ImageScans at the 256 KiB of each, and what the server adds
constexpr std::size_t kMaxPages = 1000;
constexpr std::chrono::seconds kPageIdle{15};

constexpr std::string_view kStartAnew = "findings of this repository that only they know begin their grace periods anew";

std::vector<std::string> RepositoriesOf(JsonElement object) {
  std::vector<std::string> names;
  const auto status = Member(object, "status");
  const auto repositories = status ? Member(*status, "repositories") : std::nullopt;
  JsonArray list;
  if (!repositories || repositories->get_array().get(list) != simdjson::SUCCESS) return names;
  for (const JsonElement name : list) {
    std::string_view text;
    if (name.get_string().get(text) == simdjson::SUCCESS) names.emplace_back(text);
  }
  return names;
}

// False when it may be a scan of these repositories and cannot be read. Other scans are not decoded.
[[nodiscard]] bool Take(JsonElement object, scan::Clocks& clocks) {
  if (TextMember(object, "kind") != "ImageScan" || !clocks.Concern(RepositoriesOf(object))) return true;
  const auto decoded = api::DecodeObject(object);
  if (!decoded) return false;
  if (const auto* scan = std::get_if<api::ImageScan>(&*decoded)) clocks.Learn(*scan);
  return true;
}

[[nodiscard]] bool TakeText(const std::string& path, const std::string& text, scan::Clocks& clocks) {
  JsonReader reader;
  if (path.ends_with(".json")) {
    const auto object = reader.Read(text, {.max_bytes = kMaxScanFileBytes});
    return object && Take(*object, clocks);
  }
  const auto documents = ReadYaml(text, {.max_bytes = kMaxScanFileBytes});
  if (!documents) return false;
  bool all = true;
  for (const YamlDocument& document : *documents) {
    const auto object = reader.Read(document.json, {.max_bytes = 4 * kMaxScanFileBytes});
    all = object && Take(*object, clocks) && all;
  }
  return all;
}

[[nodiscard]] bool TakeFile(const std::string& path, scan::Clocks& clocks) {
  const auto text = ReadFile(path, kMaxScanFileBytes);
  return text && TakeText(path, *text, clocks);
}

Result<std::string> TakePage(const std::string& json, scan::Clocks& clocks, std::size_t& unreadable) {
  JsonReader reader;
  const auto list = reader.Read(json, kube::StoredObjectLimits(kMaxPageBytes));
  if (!list) return std::unexpected(list.error());
  const auto page = kube::ReadListPage(*list);
  if (!page) return std::unexpected(page.error());
  if (page->items) {
    for (const JsonElement item : *page->items) unreadable += Take(item, clocks) ? 0 : 1;
  }
  return page->next;
}

std::string ToldUnreadable(std::size_t count) {
  return count == 0 ? "" : fmt::format("{} there cannot be read; {}", Count(count, "scan", "scans"), kStartAnew);
}

}  // namespace

Result<std::string> LearnFromFolder(const std::string& folder, const std::string& own_file, const api::ImageScan& scan,
                                    scan::Clocks& clocks) {
  // Whether it can be read, merging will tell.
  if (TakeFile(own_file, clocks) && clocks.KnowAllOf(scan)) return std::string();
  const auto files = ListManifestFiles(folder, kMaxScanFiles);
  if (!files) return std::unexpected(files.error());
  std::size_t unreadable = 0;
  for (const std::string& file : *files) {
    if (file != own_file) unreadable += TakeFile(file, clocks) ? 0 : 1;
  }
  return ToldUnreadable(unreadable);
}

Result<std::string> LearnFromCluster(kube::KubeClient& client, const api::ImageScan& scan, scan::Clocks& clocks) {
  const Deadline soon = std::chrono::steady_clock::now() + kPageIdle;
  if (const auto own = client.Get(fmt::format("{}/{}", kScansPath, scan.metadata.name), soon))
    if (TakeText("own.json", own->body, clocks) && clocks.KnowAllOf(scan)) return std::string();
  std::size_t unreadable = 0;
  std::string next;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    std::string query = fmt::format("{}?limit={}", kScansPath, kScansPerPage);
    if (!next.empty()) query += "&continue=" + kube::PercentEncode(next);
    const auto reply = client.GetLong(query, kMaxPageBytes, kPageIdle, std::stop_token());
    if (!reply && reply.error().code == ErrorCode::kDenied) return fmt::format("this user may not list imagescans; {}", kStartAnew);
    if (!reply) return std::unexpected(reply.error().Within("reading when vulnerabilities were first seen"));
    auto following = TakePage(reply->body, clocks, unreadable);
    if (!following) return std::unexpected(following.error().Within("reading when vulnerabilities were first seen"));
    next = std::move(*following);
    if (next.empty()) return ToldUnreadable(unreadable);
  }
  return fmt::format("more scans than {} were not read; {}", kMaxPages * kScansPerPage, kStartAnew);
}

}  // namespace hullwright::cli
