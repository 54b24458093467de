#include "api/object.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <variant>

#include "api/kind.h"
#include "api/shared_tables.h"
#include "base/json_text.h"

namespace hullwright::api {

template <>
const Table& TableOf<Namespace>() {
  // clang-format off
  static const auto table = StructTable<Namespace>({
      Field<&Namespace::metadata>("metadata", kMetadataDoc).Required(),
  }).Foreign();
  // clang-format on
  return table;
}

namespace {

constexpr std::string_view kNamespaceKind = "Namespace";

bool IsNamespace(JsonElement object) {
  return TextMember(object, "apiVersion") == "v1" && TextMember(object, "kind") == kNamespaceKind;
}

Error NotOurs(JsonElement object) {
  std::string_view api_version = TextMember(object, "apiVersion"), kind = TextMember(object, "kind");
  std::string message;
  if (api_version == kApiVersion) {
    std::vector<std::string_view> known;
    for (const KindInfo& info : Kinds()) known.push_back(info.kind);
    std::string_view nearest = Nearest(kind, known);
    message = fmt::format("kind: {} is no kind of {} in this version, ", Quoted(kind), kApiVersion) +
              (nearest.empty() ? "known are " + Listed(known) : fmt::format("did you mean {}?", nearest));
  } else if (api_version.substr(0, api_version.find('/')) == kGroup) {
    message = fmt::format("apiVersion: {} is not known to this version, write {}", Quoted(api_version), kApiVersion);
  } else if (std::ranges::find(Kinds(), kind, &KindInfo::kind) != Kinds().end()) {
    message = fmt::format("apiVersion: {} is not that of {}, write {}", Quoted(api_version), kind, kApiVersion);
  } else if (api_version.empty() && kind.empty()) {
    message = "has neither apiVersion nor kind, so it is no object (hullctl scan import makes an ImageScan of a scanner's report)";
  } else {
    message =
        fmt::format("apiVersion {} and kind {} belong neither to {} nor to a v1 Namespace", Quoted(api_version), Quoted(kind), kGroup);
  }
  return {ErrorCode::kUnsupported, std::move(message)};
}

// nullptr: a Namespace.
Result<const Kind*> FindKindOf(JsonElement object) {
  if (!object.is_object()) return Fail(ErrorCode::kInvalidInput, fmt::format("must be an object, not {}", JsonTypeName(object)));
  const Kind* kind = TextMember(object, "apiVersion") == kApiVersion ? FindKind(TextMember(object, "kind")) : nullptr;
  if (kind == nullptr && !IsNamespace(object)) return std::unexpected(NotOurs(object));
  return kind;
}

Result<ObjectMeta> ReadMetadata(JsonElement object) {
  auto metadata = Member(object, "metadata");
  if (!metadata) return Fail(ErrorCode::kInvalidInput, "metadata.name: is required");
  Mistakes mistakes;
  Decoding decoding{mistakes, false, ""};
  ObjectMeta meta;
  Path root;
  TableOf<ObjectMeta>().Decode(*metadata, &meta, Path(root, "metadata"), decoding);
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  return meta;
}

// "Cluster" or nothing, before a kind that has a twin.
template <class Twin>
std::string TwinKind(const Twin& object, std::string_view namespaced_kind) {
  return std::string(object.IsCluster() ? "Cluster" : "") + std::string(namespaced_kind);
}

std::string KindOf(const ImageAdmissionPolicy& policy) {
  return TwinKind(policy, "ImageAdmissionPolicy");
}
std::string KindOf(const VulnerabilityException& exception) {
  return TwinKind(exception, "VulnerabilityException");
}
std::string KindOf(const TrustedPublisher&) {
  return "TrustedPublisher";
}
std::string KindOf(const TrustRoot&) {
  return "TrustRoot";
}
std::string KindOf(const Registry&) {
  return "Registry";
}
std::string KindOf(const BreakGlass&) {
  return "BreakGlass";
}
std::string KindOf(const ImageScan&) {
  return "ImageScan";
}
std::string KindOf(const Namespace&) {
  return std::string(kNamespaceKind);
}

// The document that it decodes from.
template <class Struct>
OrderedJson EncodeWhole(const Struct& object) {
  constexpr bool kIsNamespace = std::is_same_v<Struct, Namespace>;
  const std::string kind = KindOf(object);
  const Table& table = kIsNamespace ? TableOf<Namespace>() : FindKind(kind)->table;
  OrderedJson json = {{"apiVersion", kIsNamespace ? std::string_view("v1") : kApiVersion}, {"kind", kind}};
  json.update(table.Encode(&object));
  return json;
}

// What is wrong with metadata.namespace; "" for nothing.
std::string ScopeMistake(std::string_view kind, bool namespaced, const std::string& namespace_) {
  if (namespaced && namespace_.empty()) return fmt::format("is required, a {} lives in a namespace", kind);
  if (!namespaced && !namespace_.empty()) return fmt::format("must be left out, a {} lives in no namespace", kind);
  return "";
}

void CheckScope(const KindInfo& info, const std::string& namespace_, Mistakes& mistakes) {
  const std::string mistake = ScopeMistake(info.kind, info.namespaced, namespace_);
  const Path root, metadata(root, "metadata");
  if (!mistake.empty()) mistakes.Add(Path(metadata, "namespace"), mistake);
}

}  // namespace

std::string ObjectKey::ToString() const {
  return namespace_.empty() ? fmt::format("{}/{}", kind, name) : fmt::format("{}/{}/{}", kind, namespace_, name);
}

bool IsPolicyKind(std::string_view kind) {
  return kind == "ClusterImageAdmissionPolicy" || kind == "ImageAdmissionPolicy";
}

std::vector<JsonElement> Items(JsonElement document) {
  JsonArray items;
  auto member = Member(document, "items");
  bool is_list = TextMember(document, "apiVersion") == "v1" && TextMember(document, "kind") == "List";
  if (!is_list || !member || member->get_array().get(items) != simdjson::SUCCESS) return {document};
  return {items.begin(), items.end()};
}

Result<ObjectKey> ReadKey(JsonElement object) {
  const auto found = FindKindOf(object);
  if (!found) return std::unexpected(found.error());
  const Kind* kind = *found;
  auto metadata = ReadMetadata(object);
  if (!metadata) return std::unexpected(metadata.error());
  ObjectKey key{kind == nullptr ? std::string(kNamespaceKind) : kind->info.kind, metadata->namespace_, metadata->name};
  const std::string mistake = ScopeMistake(key.kind, kind != nullptr && kind->info.namespaced, key.namespace_);
  if (!mistake.empty()) return Fail(ErrorCode::kInvalidInput, "metadata.namespace: " + mistake);
  return key;
}

Result<Object> DecodeObject(JsonElement object) {
  std::vector<std::string> mistakes;
  return DecodeObject(object, mistakes);
}

Result<Object> DecodeObject(JsonElement object, std::vector<std::string>& mistakes) {
  static const Kind namespace_kind{.info = {"Namespace", "namespaces", "namespace", false},
                                   .short_name = "ns",
                                   .doc = "",
                                   .example = "",
                                   .columns = {},
                                   .table = TableOf<Namespace>(),
                                   .decode = DecodeAs<Namespace>};
  const auto refuse = [&mistakes](Error error, std::vector<std::string> told) {
    mistakes = std::move(told);
    return std::unexpected(std::move(error));
  };
  const auto kind = FindKindOf(object);
  if (!kind) return refuse(kind.error(), {kind.error().message});
  const Kind& known = *kind == nullptr ? namespace_kind : **kind;
  Mistakes found;
  Object decoded = known.decode(object, known, found);
  // A wrong name or namespace must not hide what else is wrong, nor that them.
  const auto metadata = ReadMetadata(object);
  if (metadata) CheckScope(known.info, metadata->namespace_, found);
  if (!found.empty()) return refuse(found.ToError(), found.Told());
  if (!metadata) return refuse(metadata.error(), {metadata.error().message});
  mistakes.clear();
  return decoded;
}

std::string EncodeJson(const ImageScan& scan) {
  return EncodeWhole(scan).dump(2, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string EncodeLine(const Object& object) {
  return std::visit([](const auto& each) { return JsonLine(EncodeWhole(each)); }, object);
}

}  // namespace hullwright::api
