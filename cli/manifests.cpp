#include "cli/manifests.h"

#include <fmt/format.h>

#include <limits>

#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/files.h"

namespace hullwright::cli {
namespace {

constexpr std::string_view kStandardInput = "-";
// A List inside a List inside a List; kubectl makes one level.
constexpr int kMaxListDepth = 4;

std::string_view GroupOf(std::string_view api_version) {
  const auto slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

std::string NameOf(JsonElement metadata) {
  if (const auto name = TextMember(metadata, "name"); !name.empty()) return std::string(name);
  if (const auto prefix = TextMember(metadata, "generateName"); !prefix.empty()) return std::string(prefix) + "*";
  return "";
}

// Cuts a text at line numbers, in one pass.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  void SkipTo(int line) { TakeUntil(line); }
  // From the line at hand up to, not including, that line.
  std::string_view TakeUntil(int line) {
    std::size_t end = 0;
    for (; line_ < line && end < rest_.size(); ++line_) {
      const auto newline = rest_.find('\n', end);
      end = newline == std::string_view::npos ? rest_.size() : newline + 1;
    }
    const auto taken = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return taken;
  }

 private:
  std::string_view rest_;
  int line_ = 1;
};

class Collector {
 public:
  explicit Collector(Manifests& manifests) : manifests_(manifests) {}

  // walked: found in a folder rather than named.
  void AddText(const std::string& file, std::string_view text, bool walked) {
    walked_ = walked;
    auto documents = ReadYaml(text, {.max_bytes = kMaxManifestBytes});
    if (!documents) return Refuse({file, 0, ""}, documents.error().message);
    manifests_.documents += documents->size();
    LineReader lines(text);
    for (std::size_t i = 0; i < documents->size(); ++i) {
      const bool last = i + 1 == documents->size();
      lines.SkipTo((*documents)[i].line);
      text_ = lines.TakeUntil(last ? std::numeric_limits<int>::max() : (*documents)[i + 1].line);
      AddDocument({file, (*documents)[i].line, ""}, (*documents)[i].json);
    }
  }

  void Refuse(Place place, std::string error) { manifests_.errors.push_back({std::move(place), std::move(error)}); }

 private:
  void AddDocument(const Place& place, const std::string& json) {
    JsonReader reader;
    const auto element = reader.Read(json, {.max_bytes = 4 * kMaxManifestBytes});
    if (!element) return Refuse(place, element.error().message);
    AddElement(place, *element, "", "", 0);
  }

  // The defaults are what a typed list leaves out of its items.
  void AddElement(const Place& place, JsonElement element, std::string_view default_version, std::string_view default_kind, int depth) {
    std::string_view api_version = TextMember(element, "apiVersion");
    std::string_view kind = TextMember(element, "kind");
    if (api_version.empty()) api_version = default_version;
    if (kind.empty()) kind = default_kind;
    if (kind.empty() || api_version.empty()) return AddForeign(place, kind.empty() ? "kind" : "apiVersion");
    const auto items = Member(element, "items");
    if (kind.ends_with("List") && items && items->is_array()) return AddItems(place, *items, api_version, kind, depth);
    AddObject(place, element, api_version, kind);
  }

  void AddForeign(const Place& place, std::string_view missing) {
    if (walked_ && place.item.empty()) {
      manifests_.foreign.push_back({place});
    } else {
      Refuse(place, fmt::format("no Kubernetes object: it has no {}", missing));
    }
  }

  void AddItems(const Place& place, JsonElement items, std::string_view api_version, std::string_view kind, int depth) {
    if (depth >= kMaxListDepth) return Refuse(place, fmt::format("Lists are nested deeper than {}: take them apart", kMaxListDepth));
    const bool typed = kind != "List";
    const auto item_kind = typed ? kind.substr(0, kind.size() - std::string_view("List").size()) : std::string_view();
    std::size_t index = 0;
    for (const JsonElement item : JsonArray(items)) {
      Place inside = place;
      inside.item += fmt::format("{}items[{}]", place.item.empty() ? "" : ".", index++);
      AddElement(inside, item, typed ? api_version : std::string_view(), item_kind, depth + 1);
    }
  }

  void AddObject(const Place& place, JsonElement element, std::string_view api_version, std::string_view kind) {
    const auto metadata = Member(element, "metadata");
    ManifestObject object;
    object.place = place;
    object.api_version = Printable(api_version);
    object.identity = {Printable(GroupOf(api_version)), Printable(kind), "", ""};
    if (metadata) {
      object.identity.namespace_ = Printable(TextMember(*metadata, "namespace"));
      object.identity.name = Printable(NameOf(*metadata));
    }
    object.json = simdjson::minify(element);
    if (place.item.empty()) object.text = text_;
    manifests_.objects.push_back(std::move(object));
  }

  Manifests& manifests_;
  bool walked_ = false;
  std::string_view text_;  // of the document at hand
};

void AddFile(const std::string& path, bool walked, Collector& collector) {
  const auto text = ReadFile(path, kMaxManifestBytes);
  if (!text) return collector.Refuse({path, 0, ""}, text.error().message);
  collector.AddText(path, *text, walked);
}

void AddFolder(const std::string& path, Collector& collector) {
  const auto files = ListManifestFiles(path, kMaxManifestFiles);
  if (!files) return collector.Refuse({path, 0, ""}, files.error().message);
  for (const std::string& file : *files) AddFile(file, true, collector);
}

void AddStandardInput(const Environment& environment, Collector& collector) {
  const auto text = environment.read_stdin(kMaxManifestBytes);
  if (!text) return collector.Refuse({"<stdin>", 0, ""}, text.error().message);
  collector.AddText("<stdin>", *text, false);
}

}  // namespace

std::string Place::ToString() const {
  std::string text = line > 0 ? fmt::format("{}:{}", file, line) : file;
  return item.empty() ? text : text + " " + item;
}

std::string ManifestObject::ToString() const {
  const std::string name = identity.name.empty() ? "(no name)" : identity.name;
  return identity.namespace_.empty() ? fmt::format("{} {}", identity.kind, name)
                                     : fmt::format("{} {}/{}", identity.kind, identity.namespace_, name);
}

Manifests ReadManifests(const std::vector<std::string>& paths, const Environment& environment) {
  Manifests manifests;
  Collector collector(manifests);
  bool read_stdin = false;
  for (const std::string& path : paths) {
    if (path == kStandardInput) {
      if (!read_stdin) AddStandardInput(environment, collector);
      read_stdin = true;
    } else if (IsFolder(path)) {
      AddFolder(path, collector);
    } else {
      AddFile(path, false, collector);
    }
  }
  return manifests;
}

}  // namespace hullwright::cli
