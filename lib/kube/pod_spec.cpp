#include "kube/pod_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"

namespace hullwright::kube {
namespace {

// One of the lists of a PodSpec that name images.
struct ImageList {
  api::ContainerType type;
  std::string_view key;
};

constexpr std::array kImageLists = {
    ImageList{api::ContainerType::kContainers, "containers"},
    ImageList{api::ContainerType::kInitContainers, "initContainers"},
    ImageList{api::ContainerType::kEphemeralContainers, "ephemeralContainers"},
    ImageList{api::ContainerType::kImageVolumes, "volumes"},
};

Result<void> ExpectObject(JsonElement element, std::string_view path) {
  if (element.is_object()) return {};
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: must be an object, is of type {}", path, JsonTypeName(element)));
}

// The member as text, "" when absent; a value of another type is an error.
Result<std::string_view> ReadText(JsonElement element, std::string_view key, std::string_view path) {
  const auto member = Member(element, key);
  if (!member) return std::string_view{};
  std::string_view text;
  if (member->get(text) == simdjson::SUCCESS) return text;
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}.{}: must be a string, is of type {}", path, key, JsonTypeName(*member)));
}

// What a securityContext says of the user. Members of other types are errors: what cannot be read is never skipped.
struct UserSettings {
  std::optional<std::int64_t> run_as_user;
  std::optional<bool> run_as_non_root;

  // Each setting of a container's own goes before that of its Pod (core/v1 SecurityContext).
  UserSettings Over(const UserSettings& pod) const {
    return {run_as_user ? run_as_user : pod.run_as_user, run_as_non_root ? run_as_non_root : pod.run_as_non_root};
  }
};

Result<UserSettings> ReadUserSettings(JsonElement holder, std::string_view path) {
  UserSettings settings;
  const auto context = Member(holder, "securityContext");
  if (!context) return settings;
  const std::string context_path = fmt::format("{}.securityContext", path);
  if (auto sound = ExpectObject(*context, context_path); !sound) return std::unexpected(sound.error());
  if (const auto user = Member(*context, "runAsUser")) {
    if (user->get(settings.run_as_user.emplace()) != simdjson::SUCCESS)
      return Fail(ErrorCode::kInvalidInput,
                  fmt::format("{}.runAsUser: must be an integer, is of type {}", context_path, JsonTypeName(*user)));
  }
  if (const auto non_root = Member(*context, "runAsNonRoot")) {
    if (non_root->get(settings.run_as_non_root.emplace()) != simdjson::SUCCESS)
      return Fail(ErrorCode::kInvalidInput,
                  fmt::format("{}.runAsNonRoot: must be a boolean, is of type {}", context_path, JsonTypeName(*non_root)));
  }
  return settings;
}

// The PodSpec and where it stands; no element when it is absent and may be.
struct FoundPodSpec {
  std::optional<JsonElement> element;
  std::string path;
};

Result<FoundPodSpec> FindPodSpec(const Workload& workload, JsonElement object) {
  FoundPodSpec found{object, ""};
  if (auto sound = ExpectObject(object, workload.kind); !sound) return std::unexpected(sound.error());
  for (const std::string& key : workload.pod_spec_path) {
    found.path += (found.path.empty() ? "" : ".") + key;
    found.element = Member(*found.element, key);
    if (!found.element && workload.may_lack_pod_spec) return found;
    if (!found.element) return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is absent, but a {} needs it", found.path, workload.kind));
    if (auto sound = ExpectObject(*found.element, found.path); !sound) return std::unexpected(sound.error());
  }
  return found;
}

// Appends the images of one object in document order.
class ImageLister {
 public:
  explicit ImageLister(const Workload& workload) : workload_(workload) {}

  Result<std::vector<api::ImageUse>> List(JsonElement object) {
    auto pod_spec = FindPodSpec(workload_, object);
    if (!pod_spec) return std::unexpected(pod_spec.error());
    if (!pod_spec->element) return uses_;
    const auto settings = ReadUserSettings(*pod_spec->element, pod_spec->path);
    if (!settings) return std::unexpected(settings.error());
    pod_settings_ = *settings;
    for (const ImageList& list : kImageLists) {
      const auto element = Member(*pod_spec->element, list.key);
      if (!element) continue;
      if (auto read = AddList(list.type, *element, fmt::format("{}.{}", pod_spec->path, list.key)); !read) {
        return std::unexpected(read.error());
      }
    }
    return std::move(uses_);
  }

 private:
  Result<void> AddList(api::ContainerType type, JsonElement list, const std::string& path) {
    if (!list.is_array()) {
      return Fail(ErrorCode::kInvalidInput, fmt::format("{}: must be a list, is of type {}", path, JsonTypeName(list)));
    }
    std::size_t index = 0;
    for (const JsonElement item : JsonArray(list)) {
      const std::string item_path = fmt::format("{}[{}]", path, index++);
      if (auto sound = ExpectObject(item, item_path); !sound) return sound;
      if (auto read = AddItem(type, item, item_path); !read) return read;
    }
    return {};
  }

  Result<void> AddItem(api::ContainerType type, JsonElement item, const std::string& path) {
    auto name = ReadText(item, "name", path);
    if (!name) return std::unexpected(name.error());
    if (type != api::ContainerType::kImageVolumes) return AddReference(type, *name, item, "image", path);
    const auto volume = Member(item, "image");
    if (!volume) return {};
    const std::string volume_path = path + ".image";
    if (auto sound = ExpectObject(*volume, volume_path); !sound) return sound;
    return AddReference(type, *name, *volume, "reference", volume_path);
  }

  Result<void> AddReference(api::ContainerType type, std::string_view name, JsonElement holder, std::string_view key,
                            const std::string& path) {
    auto reference = ReadText(holder, key, path);
    if (!reference) return std::unexpected(reference.error());
    if (reference->empty() && !workload_.is_pod) return {};
    api::ImageUse use{type, std::string(name), fmt::format("{}.{}", path, key), std::string(*reference)};
    if (type != api::ContainerType::kImageVolumes) {
      const auto settings = ReadUserSettings(holder, path);
      if (!settings) return std::unexpected(settings.error());
      const UserSettings effective = settings->Over(pod_settings_);
      use.run_as_user = effective.run_as_user;
      use.run_as_non_root = effective.run_as_non_root;
    }
    uses_.push_back(std::move(use));
    return {};
  }

  const Workload& workload_;
  UserSettings pod_settings_;
  std::vector<api::ImageUse> uses_;
};

// What identifies a container or volume across an update, and how it stood before.
using ContainerKey = std::pair<api::ContainerType, std::string>;
struct KnownReference {
  const api::ImageUse* use = nullptr;
  int times = 0;
};

// The same image as the same user.
bool RunsTheSame(const api::ImageUse& a, const api::ImageUse& b) {
  return a.reference == b.reference && a.run_as_user == b.run_as_user && a.run_as_non_root == b.run_as_non_root;
}

using KnownReferences = std::map<ContainerKey, KnownReference>;

KnownReferences Index(const std::vector<api::ImageUse>& uses) {
  KnownReferences known;
  for (const api::ImageUse& use : uses) {
    KnownReference& entry = known[{use.type, use.name}];
    entry.use = &use;
    ++entry.times;
  }
  return known;
}

bool IsUnchanged(const api::ImageUse& use, const KnownReferences& before, const KnownReferences& now) {
  const ContainerKey key{use.type, use.name};
  const auto old = before.find(key);
  return !use.name.empty() && old != before.end() && old->second.times == 1 && RunsTheSame(*old->second.use, use) && now.at(key).times == 1;
}

// Names of API groups are DNS subdomains (RFC 1123): lower-case words of letters, digits and "-", separated by dots.
bool IsGroup(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  const auto is_word_character = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  char previous = '.';
  for (const char c : text) {
    const bool joins = c == '.' || c == '-';
    if (!joins && !is_word_character(c)) return false;
    if (joins && !is_word_character(previous) && !(c == '-' && previous == '-')) return false;
    if (previous == '-' && c == '.') return false;
    previous = c;
  }
  return is_word_character(previous);
}

bool IsWord(std::string_view text, bool begins_upper) {
  if (text.empty() || text.size() > 63) return false;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (begins_upper ? !is_upper(text.front()) : !is_upper(text.front()) && !is_lower(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) { return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9'); });
}

constexpr std::size_t kMostPathMembers = 16;

std::optional<std::vector<std::string>> SplitPath(std::string_view text) {
  std::vector<std::string> members;
  while (text.starts_with('/')) {
    text.remove_prefix(1);
    const std::string_view member = text.substr(0, text.find('/'));
    if (!IsWord(member, false) || members.size() == kMostPathMembers) return std::nullopt;
    members.emplace_back(member);
    text.remove_prefix(member.size());
  }
  if (members.empty() || !text.empty()) return std::nullopt;
  return members;
}

std::optional<Workload> ParseWorkload(std::string_view setting) {
  const auto slash = setting.find('/');
  const auto equals = setting.find('=');
  if (slash == std::string_view::npos || equals == std::string_view::npos || equals < slash) return std::nullopt;
  const std::string_view group = setting.substr(0, slash);
  const std::string_view kind = setting.substr(slash + 1, equals - slash - 1);
  auto path = SplitPath(setting.substr(equals + 1));
  if (!IsGroup(group) || !IsWord(kind, true) || !path) return std::nullopt;
  return Workload{std::string(group), std::string(kind), std::move(*path), false, true};
}

}  // namespace

const std::vector<Workload>& Workloads::BuiltIn() {
  static const std::vector<Workload> kinds = {
      {"", "Pod", {"spec"}, true, false},
      // The API server serves both with the member left out when it is empty (core/v1 types.go).
      {"", "PodTemplate", {"template", "spec"}, false, true},
      {"", "ReplicationController", {"spec", "template", "spec"}, false, true},
      {"apps", "Deployment", {"spec", "template", "spec"}, false, false},
      {"apps", "ReplicaSet", {"spec", "template", "spec"}, false, true},
      {"apps", "StatefulSet", {"spec", "template", "spec"}, false, false},
      {"apps", "DaemonSet", {"spec", "template", "spec"}, false, false},
      {"batch", "Job", {"spec", "template", "spec"}, false, false},
      {"batch", "CronJob", {"spec", "jobTemplate", "spec", "template", "spec"}, false, false},
  };
  return kinds;
}

Workloads::Workloads() : workloads_(BuiltIn()) {}

Result<void> Workloads::Add(std::string_view setting) {
  auto workload = ParseWorkload(setting);
  if (!workload) {
    return Fail(
        ErrorCode::kInvalidInput,
        fmt::format("workload path \"{}\": must be group/Kind=/path/of/the/podSpec through members (letters and digits, at most {}), "
                    "for example argoproj.io/Rollout=/spec/template/spec",
                    Printable(setting, 128), kMostPathMembers));
  }
  if (Find(workload->group, workload->kind) != nullptr) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("workload path \"{}\": {}/{} is known already; give each kind once, and none of the built-in ones",
                            Printable(setting, 128), workload->group, workload->kind));
  }
  workloads_.push_back(std::move(*workload));
  return {};
}

const Workload* Workloads::Find(std::string_view group, std::string_view kind) const {
  const auto found =
      std::ranges::find_if(workloads_, [&](const Workload& workload) { return workload.group == group && workload.kind == kind; });
  return found == workloads_.end() ? nullptr : &*found;
}

Result<ReviewedImages> ReviewImages(const Workload& workload, JsonElement object, std::optional<JsonElement> old_object) {
  auto uses = ImageLister(workload).List(object);
  if (!uses) return std::unexpected(uses.error());
  if (!old_object) return ReviewedImages{std::move(*uses), {}};
  // An old object that cannot be read vouches for nothing: then everything is judged, and the object can still be repaired.
  const std::vector<api::ImageUse> old_uses = ImageLister(workload).List(*old_object).value_or(std::vector<api::ImageUse>{});
  const KnownReferences before = Index(old_uses);
  const KnownReferences now = Index(*uses);
  ReviewedImages reviewed;
  for (api::ImageUse& use : *uses) {
    auto& target = IsUnchanged(use, before, now) ? reviewed.unchanged : reviewed.changed;
    target.push_back(std::move(use));
  }
  return reviewed;
}

}  // namespace hullwright::kube
