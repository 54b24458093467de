#include "evidence/admitted_images.h"

#include <fmt/format.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/json.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "base/yaml.h"

namespace hullwright::evidence {

constexpr std::size_t kMaxInventoryBytes = 8u << 20;  // what ReadYaml takes

struct AdmittedImages::Entries {
  using PolicyTimes = std::vector<std::pair<std::string, Time>>;  // few policies cover one image
  using Map = std::map<std::string, PolicyTimes, std::less<>>;

  explicit Entries(std::size_t most) : max_entries(most) {}

  void Record(const std::string& key, std::string_view policy_id, Time since) {
    const auto [entry, is_new] = by_image.try_emplace(key);
    if (is_new) oldest_first.push_back(entry);
    PolicyTimes& times = entry->second;
    for (auto& [policy, first] : times) {
      if (policy != policy_id) continue;
      first = std::min(first, since);
      return;
    }
    times.emplace_back(policy_id, since);
    if (by_image.size() <= max_entries) return;
    by_image.erase(oldest_first.front());
    oldest_first.pop_front();
  }

  const std::size_t max_entries;
  Map by_image;
  std::deque<Map::iterator> oldest_first;
};

namespace {

// No namespace, name or digest holds a line break. The name is part of the key because policies match by name.
std::string KeyOf(std::string_view namespace_, const ImageReference& image) {
  return fmt::format("{}\n{}/{}@{}", namespace_, image.host, image.repository, image.digest->text());
}

struct InventoryRow {
  std::string namespace_;
  ImageReference image;
  std::string policy;
  Time since;
};

Result<std::string> TextOf(JsonElement row, std::string_view key) {
  const std::string_view text = TextMember(row, key);
  if (text.empty()) return Fail(ErrorCode::kInvalidInput, fmt::format("{} is missing or no text", key));
  return std::string(text);
}

Result<void> RefuseUnknownMembers(JsonElement row) {
  JsonObject object;
  if (row.get(object) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("is a {}: an object with namespace, image, policy and since is wanted", JsonTypeName(row)));
  }
  for (const auto member : object) {
    if (member.key != "namespace" && member.key != "image" && member.key != "policy" && member.key != "since") {
      return Fail(ErrorCode::kInvalidInput,
                  fmt::format("unknown member \"{}\": namespace, image, policy and since are known", Printable(member.key, 64)));
    }
  }
  return {};
}

Result<InventoryRow> ReadRow(JsonElement row) {
  if (auto known = RefuseUnknownMembers(row); !known) return std::unexpected(known.error());
  auto namespace_ = TextOf(row, "namespace");
  if (!namespace_) return std::unexpected(namespace_.error());
  auto policy = TextOf(row, "policy");
  if (!policy) return std::unexpected(policy.error());
  auto image_text = TextOf(row, "image");
  if (!image_text) return std::unexpected(image_text.error());
  auto image = ImageReference::Parse(*image_text);
  if (!image) return std::unexpected(image.error().Within("image"));
  if (!image->digest) return Fail(ErrorCode::kInvalidInput, "image has no digest: REPOSITORY@sha256:… is wanted");
  auto since = ParseRfc3339(TextMember(row, "since"));
  if (!since) return std::unexpected(since.error().Within("since"));
  return InventoryRow{std::move(*namespace_), std::move(*image), std::move(*policy), *since};
}

Result<void> ReadRows(const YamlDocument& document, std::vector<InventoryRow>& rows) {
  JsonReader reader;
  const auto root = reader.Read(document.json, {4 * YamlLimits().max_bytes, YamlLimits().max_depth});
  if (!root) return std::unexpected(root.error());
  JsonArray list;
  if (root->get(list) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("is a {}: a list of {{namespace, image, policy, since}} is wanted", JsonTypeName(*root)));
  }
  for (const JsonElement element : list) {
    auto row = ReadRow(element);
    if (!row) return std::unexpected(row.error().Within(fmt::format("row {}", rows.size())));
    rows.push_back(std::move(*row));
  }
  return {};
}

}  // namespace

AdmittedImages::AdmittedImages(std::size_t max_entries) : entries_(std::make_unique<Entries>(max_entries)) {}
AdmittedImages::~AdmittedImages() = default;

void AdmittedImages::Record(std::string_view namespace_, const ImageReference& image, std::string_view policy_id, Time since) {
  if (!image.digest) return;
  const std::string key = KeyOf(namespace_, image);
  entries_.With([&](auto& entries) { entries->Record(key, policy_id, since); });
}

std::map<std::string, Time> AdmittedImages::Find(std::string_view namespace_, const ImageReference& image) const {
  if (!image.digest) return {};
  const std::string key = KeyOf(namespace_, image);
  return entries_.With([&](const auto& entries) -> std::map<std::string, Time> {
    const auto found = entries->by_image.find(key);
    if (found == entries->by_image.end()) return {};
    return {found->second.begin(), found->second.end()};
  });
}

// All rows or none: half an inventory would be taken for a whole one.
Result<void> AdmittedImages::Load(std::string_view yaml) {
  const auto documents = ReadYaml(yaml);
  if (!documents) return std::unexpected(documents.error());
  std::vector<InventoryRow> rows;
  for (const YamlDocument& document : *documents) {
    if (auto read = ReadRows(document, rows); !read) return read;
  }
  for (const InventoryRow& row : rows) Record(row.namespace_, row.image, row.policy, row.since);
  return {};
}

Result<void> AdmittedImages::LoadFile(const std::string& path) {
  std::error_code code;
  std::ifstream file(path, std::ios::binary);
  if (!file || !std::filesystem::is_regular_file(path, code)) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: cannot be read: a readable file is needed", path));
  }
  std::string text(kMaxInventoryBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Fail(ErrorCode::kUnavailable, fmt::format("{}: cannot be read", path));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxInventoryBytes)
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: is larger than {} bytes", path, kMaxInventoryBytes));
  if (auto loaded = Load(text); !loaded) return std::unexpected(loaded.error().Within(path));
  return {};
}

}  // namespace hullwright::evidence
