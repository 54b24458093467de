// Any object of our group, decoded strictly from JSON; the one door from text to the structs of this layer.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/break_glass.h"
#include "api/image_admission_policy.h"
#include "api/image_scan.h"
#include "api/registry.h"
#include "api/trust_root.h"
#include "api/trusted_publisher.h"
#include "api/vulnerability_exception.h"
#include "base/error.h"
#include "base/json.h"

namespace hullwright::api {

// A core/v1 Namespace: all we need of it is its labels.
struct Namespace {
  ObjectMeta metadata;
};

using Object =
    std::variant<ImageAdmissionPolicy, TrustedPublisher, TrustRoot, Registry, VulnerabilityException, BreakGlass, ImageScan, Namespace>;

// What an object calls itself, whether or not the rest of it decodes.
struct ObjectKey {
  std::string kind;        // "ClusterImageAdmissionPolicy"
  std::string namespace_;  // "" for cluster-scoped kinds
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
  std::string ToString() const;  // "ClusterImageAdmissionPolicy/production", "BreakGlass/shop/tonight"
};

// What `kubectl get -o yaml` writes of several objects is one v1 List: its items. Of every other document: the document itself.
std::vector<JsonElement> Items(JsonElement document);

// Reads apiVersion, kind and metadata. kUnsupported for an object that is not ours (and no v1 Namespace); kInvalidInput for one that has no
// usable name, or a namespace where its kind has none, or none where it needs one.
Result<ObjectKey> ReadKey(JsonElement object);

// Decodes and checks everything: all mistakes are reported, each with field path and what would be right, joined by "; " (at most 20).
Result<Object> DecodeObject(JsonElement object);
// The same; mistakes becomes what the error joins, one each.
Result<Object> DecodeObject(JsonElement object, std::vector<std::string>& mistakes);

// A policy that does not decode still covers what its match says. The match alone, or an error when not even that can be read (then the
// policy may cover anything).
Result<PolicyMatch> DecodePolicyMatch(JsonElement object);

// The object as pretty JSON with apiVersion and kind: what DecodeObject reads back.
std::string EncodeJson(const ImageScan& scan);
// The same of any object, on one line.
std::string EncodeLine(const Object& object);
// A policy of which the match alone is known, on one line: what DecodePolicyMatch reads back.
std::string EncodeMatchLine(const PolicyMatch& match, bool cluster_kind);

// Kinds of this group in a fixed order: "ClusterImageAdmissionPolicy" … For generators and watches.
struct KindInfo {
  std::string kind, plural, singular;
  bool namespaced = false;
};
const std::vector<KindInfo>& Kinds();

// ClusterImageAdmissionPolicy and ImageAdmissionPolicy.
bool IsPolicyKind(std::string_view kind);

}  // namespace hullwright::api
