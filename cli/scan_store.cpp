#include "cli/scan_store.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/object.h"
#include "base/json.h"
#include "base/json_text.h"
#include "cli/files.h"
#include "cli/report_keeper.h"
#include "cli/scan_clocks.h"
#include "kube/client.h"
#include "scan/import.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kResource = "/apis/hullwright.dev/v1alpha1/imagescans";
constexpr std::size_t kMaxStoredBytes = 4u << 20;
constexpr int kMaxAttempts = 5;

Deadline StoreDeadline() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(15);
}

// A scan found in a place, with the new one merged into it.
Result<api::ImageScan> MergeInto(std::string_view existing_json, const api::ImageScan& imported, const std::string& where) {
  const auto existing = DecodeImageScan(existing_json);
  if (!existing) return std::unexpected(existing.error().Within(where + " cannot be read; remove it and import again"));
  auto merged = scan::Merge(*existing, imported, kMaxImageScanBytes);
  if (!merged) return std::unexpected(merged.error().Within(where));
  return merged;
}

// The new state of the object with the status of the scan and the resourceVersion that was read, so that the server refuses it when
// somebody was faster.
Result<std::string> WithStatusOf(const api::ImageScan& scan, const std::string& stored_json) {
  Json object = Json::parse(stored_json, nullptr, false);
  if (!object.is_object()) return Fail(ErrorCode::kUnavailable, "the cluster answered with something that is no object");
  object["status"] = Json::parse(api::EncodeJson(scan)).value("status", Json::object());
  return JsonLine(object);
}

std::string WithoutStatus(const api::ImageScan& scan) {
  Json object = Json::parse(api::EncodeJson(scan));
  object.erase("status");
  return object.dump();
}

// Gives the scan its clocks, once all that is known of them was read.
Result<void> Settle(api::ImageScan& scan, scan::Clocks& clocks, ReportKeeper* keeper) {
  if (keeper != nullptr) return keeper->Settle(scan, clocks);
  clocks.Set(scan);
  return {};
}

// What is there, created without status when there is nothing; created says which.
Result<std::string> GetOrCreate(const api::ImageScan& scan, const std::string& path, kube::KubeClient& client, bool& created) {
  auto found = client.Get(path, StoreDeadline());
  created = !found && found.error().code == ErrorCode::kNotFound;
  if (created) found = client.Post(std::string(kResource), WithoutStatus(scan), StoreDeadline());
  if (!found) return std::unexpected(found.error());
  return std::move(found->body);
}

Result<Stored> TryInCluster(const api::ImageScan& scan, const std::string& where, kube::KubeClient& client) {
  const std::string path = fmt::format("{}/{}", kResource, scan.metadata.name);
  bool created = false;
  const auto stored = GetOrCreate(scan, path, client, created);
  if (!stored) return std::unexpected(stored.error());
  const auto merged = created ? Result<api::ImageScan>(scan) : MergeInto(*stored, scan, where);
  if (!merged) return std::unexpected(Error{ErrorCode::kInvalidInput, merged.error().message});
  auto next = WithStatusOf(*merged, *stored);
  if (!next) return std::unexpected(next.error());
  if (auto put = client.Put(path + "/status", std::move(*next), StoreDeadline()); !put) return std::unexpected(put.error());
  return Stored{where, !created, ""};
}

}  // namespace

Result<api::ImageScan> DecodeImageScan(std::string_view json) {
  JsonReader reader;
  const auto element = reader.Read(json, {.max_bytes = kMaxStoredBytes});
  if (!element) return std::unexpected(element.error());
  auto object = api::DecodeObject(*element);
  if (!object) return std::unexpected(object.error());
  if (auto* scan = std::get_if<api::ImageScan>(&*object)) return std::move(*scan);
  return Fail(ErrorCode::kInvalidInput, "this is no ImageScan");
}

Result<Stored> StoreInFolder(api::ImageScan scan, const std::string& folder, Time now, ReportKeeper* keeper) {
  if (!IsFolder(folder)) return Fail(ErrorCode::kNotFound, fmt::format("{}: there is no such folder: create it first (mkdir -p)", folder));
  const auto lock = FolderLock::Take(folder);
  if (!lock) return std::unexpected(lock.error().Within(folder));
  const std::string path = (std::filesystem::path(folder) / (scan.metadata.name + ".json")).string();
  scan::Clocks clocks(scan.status.repositories, now);
  auto unread = LearnFromFolder(folder, path, scan, clocks);
  if (!unread) return std::unexpected(unread.error().Within(folder));
  const auto existing = ReadFile(path, kMaxStoredBytes);
  if (!existing && existing.error().code != ErrorCode::kNotFound) return std::unexpected(existing.error().Within(path));
  if (auto settled = Settle(scan, clocks, keeper); !settled) return std::unexpected(settled.error());
  const auto merged = existing ? MergeInto(*existing, scan, path) : Result<api::ImageScan>(scan);
  if (!merged) return std::unexpected(merged.error());
  if (auto written = WriteFileAtomically(path, api::EncodeJson(*merged) + "\n"); !written)
    return std::unexpected(written.error().Within(path));
  return Stored{path, existing.has_value(), std::move(*unread)};
}

Result<Stored> StoreInCluster(api::ImageScan scan, kube::KubeClient& client, Time now, ReportKeeper* keeper) {
  const std::string where = "ImageScan " + scan.metadata.name;
  scan::Clocks clocks(scan.status.repositories, now);
  auto unread = LearnFromCluster(client, scan, clocks);
  if (!unread) return std::unexpected(unread.error().Within(where));
  if (auto settled = Settle(scan, clocks, keeper); !settled) return std::unexpected(settled.error());
  for (int attempt = 1;; ++attempt) {
    auto stored = TryInCluster(scan, where, client);
    if (stored || stored.error().code != ErrorCode::kConflict || attempt == kMaxAttempts) {
      if (!stored) return std::unexpected(stored.error().Within(where));
      stored->unread = std::move(*unread);
      return stored;
    }
  }
}

Result<std::string> ClusterUser(kube::KubeClient& client) {
  const auto reply = client.Post("/apis/authentication.k8s.io/v1/selfsubjectreviews",
                                 R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})", StoreDeadline());
  if (!reply) return std::unexpected(reply.error().Within("asking the cluster who we are"));
  JsonReader reader;
  const auto element = reader.Read(reply->body);
  if (!element) return std::unexpected(element.error().Within("asking the cluster who we are"));
  const auto status = Member(*element, "status");
  const auto user = status ? Member(*status, "userInfo") : std::nullopt;
  const auto name = user ? TextMember(*user, "username") : "";
  if (name.empty()) return Fail(ErrorCode::kUnavailable, "the cluster does not say who we are (SelfSubjectReview): is it older than 1.28?");
  return std::string(name);
}

}  // namespace hullwright::cli
