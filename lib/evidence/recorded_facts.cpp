#include "evidence/recorded_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/rfc3339.h"
#include "evidence/recorded_exploitation.h"
#include "evidence/recorded_json.h"
#include "evidence/recorded_origin.h"

namespace hullwright::evidence {
namespace {

using Json = nlohmann::ordered_json;

// Of a reference that does not parse, and of why: what the engine shows of it, and one more, so that it is shown as cut.
constexpr std::size_t kMaxUnreadableBytes = 513;
constexpr std::size_t kMaxNameBytes = 253;

std::optional<policy::SubjectKind> FindSubjectKind(std::string_view text) {
  if (text == "Pod") return policy::SubjectKind::kPod;
  if (text == "Template") return policy::SubjectKind::kTemplate;
  return std::nullopt;
}

Json UseJson(const policy::ImageFacts& image) {
  const api::ImageUse& use = image.use;
  Json json = {{"type", api::ToString(use.type)},
               {"name", use.name.substr(0, kMaxNameBytes)},
               {"fieldPath", use.field_path},
               {"reference", image.reference ? use.reference : use.reference.substr(0, kMaxUnreadableBytes)}};
  // What was cut might parse.
  if (!image.reference && use.reference.size() > kMaxUnreadableBytes)
    json["unreadable"] = image.reference.error().message.substr(0, kMaxUnreadableBytes);
  if (use.run_as_user) json["runAsUser"] = *use.run_as_user;
  if (use.run_as_non_root) json["runAsNonRoot"] = *use.run_as_non_root;
  return json;
}

// Without findings nothing was judged by it.
bool KeepsExploitation(const policy::ImageFacts& image) {
  return image.exploitation != nullptr && std::ranges::any_of(image.scans, [](const auto& scan) { return scan->size() > 0; });
}

Json ImageJson(const policy::ImageFacts& image, const std::vector<std::string>& scans) {
  Json json = UseJson(image);
  if (!scans.empty()) json["scans"] = scans;
  for (const policy::BrokenScan& broken : image.broken_scans) json["brokenScans"].push_back(broken.error);
  for (const auto& [policy, since] : image.admitted_since) json["admittedSince"][policy] = FormatRfc3339(since);
  if (image.resolution) json["resolution"] = ToJson(*image.resolution);
  if (image.trust) json["origin"] = ToJson(*image.trust);
  if (KeepsExploitation(image)) json["exploitation"] = ToJson(*image.exploitation, image.scans);
  return json;
}

api::ImageUse UseOf(const RecordedNode& node) {
  api::ImageUse use;
  use.type = node.Word("type", api::FromWord<api::ContainerType>);
  use.name = node.Text("name");
  use.field_path = node.Text("fieldPath");
  use.reference = node.Text("reference");
  use.run_as_user = node.NumberIf("runAsUser");
  use.run_as_non_root = node.FlagIf("runAsNonRoot");
  return use;
}

std::map<std::string, Time> AdmittedOf(const RecordedNode& node) {
  std::map<std::string, Time> admitted;
  for (const auto& [policy, text] : node.TextMap("admittedSince")) {
    const auto since = ParseRfc3339(text);
    if (!since) node.AddMistake("admittedSince", "holds what is no time");
    if (since) admitted.emplace(policy, *since);
  }
  return admitted;
}

Result<ImageReference> ReferenceOf(const RecordedNode& node, const std::string& written) {
  if (std::string why = node.TextOr("unreadable"); !why.empty()) return Fail(ErrorCode::kInvalidInput, std::move(why));
  return ImageReference::Parse(written);
}

RecordedImage ImageOf(const RecordedNode& node) {
  api::ImageUse use = UseOf(node);
  auto reference = ReferenceOf(node, use.reference);
  RecordedImage image{{std::move(use), std::move(reference), {}, {}, AdmittedOf(node)}, node.Texts("scans")};
  for (std::string& error : node.Texts("brokenScans")) image.facts.broken_scans.push_back({std::move(error)});
  if (const auto resolution = node.Find("resolution")) image.facts.resolution = ResolutionOf(*resolution);
  if (const auto exploitation = node.Find("exploitation")) image.facts.exploitation = ExploitationOf(*exploitation);
  if (const auto origin = node.Find("origin")) {
    image.facts.trust = OriginOf(*origin);
    image.had_vex = HadVex(*origin);
  }
  return image;
}

// More images than are judged: they are refused for their number, whatever they are.
std::vector<RecordedImage> TooManyImages() {
  const RecordedImage unread{{{}, Fail(ErrorCode::kTooLarge, "of too many images none is kept"), {}, {}, {}}, {}};
  return std::vector<RecordedImage>(policy::EngineOptions().max_images + 1, unread);
}

policy::Subject SubjectOf(const RecordedNode& root) {
  policy::Subject subject;
  subject.kind = root.Word("kind", FindSubjectKind);
  subject.namespace_ = root.TextOr("namespace");
  if (root.Has("namespaceLabels")) subject.namespace_labels = root.TextMap("namespaceLabels");
  subject.tags_are_pinned = root.Flag("tagsArePinned");
  if (root.Has("nodePlatforms")) subject.node_platforms = root.Texts("nodePlatforms");
  return subject;
}

}  // namespace

std::string EncodeFacts(const Basis& basis, const std::vector<std::vector<std::string>>& scans) {
  const policy::Subject& subject = basis.subject;
  Json json = {{"kind", subject.kind == policy::SubjectKind::kPod ? "Pod" : "Template"},
               {"namespace", subject.namespace_},
               {"tagsArePinned", subject.tags_are_pinned},
               {"unmatched", policy::ToString(basis.options.unmatched)}};
  if (subject.namespace_labels) json["namespaceLabels"] = Json(*subject.namespace_labels);
  if (subject.node_platforms) json["nodePlatforms"] = *subject.node_platforms;
  json["images"] = Json::array();
  if (basis.images.size() > basis.options.max_images)
    json["tooManyImages"] = basis.images.size();
  else
    for (std::size_t i = 0; i < basis.images.size(); ++i) json["images"].push_back(ImageJson(basis.images[i], scans[i]));
  return JsonLine(json);
}

Result<RecordedFacts> DecodeFacts(std::string_view document) {
  return ReadRecorded(document, "the facts of the decision", [](const RecordedNode& root) {
    RecordedFacts facts;
    facts.subject = SubjectOf(root);
    facts.unmatched = root.Word("unmatched", policy::FindUnmatched);
    if (root.Has("tooManyImages")) facts.images = TooManyImages();
    for (const RecordedNode& image : root.Items("images")) facts.images.push_back(ImageOf(image));
    return facts;
  });
}

}  // namespace hullwright::evidence
