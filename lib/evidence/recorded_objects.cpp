#include "evidence/recorded_objects.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "api/object.h"
#include "base/json_text.h"
#include "evidence/recorded_json.h"

namespace hullwright::evidence {
namespace {

// A JSON list, item by item.
class ListText {
 public:
  void Add(std::string_view item) {
    if (!text_.empty()) text_ += ',';
    text_ += item;
  }
  void AddText(std::string_view item) {
    std::string quoted;
    AppendJsonString(item, quoted);
    Add(quoted);
  }
  std::string Take() { return "[" + std::move(text_) + "]"; }

 private:
  std::string text_;
};

// What changes without the object saying anything else would make documents that no two decisions share.
template <class Kind>
std::string EncodeLasting(Kind object) {
  object.status = {};
  object.metadata.labels.clear();
  object.metadata.uid.clear();
  object.metadata.resource_version.clear();
  object.metadata.generation = 0;
  return api::EncodeLine(api::Object(std::move(object)));
}

std::string_view NamespaceOf(const policy::Waiver& waiver) {
  return std::visit([](const auto& object) -> std::string_view { return object.metadata.namespace_; }, waiver.object);
}

std::string EncodeBroken(const policy::BrokenPolicy& broken) {
  std::string text = "{\"id\":";
  AppendJsonString(broken.id, text);
  text += ",\"namespace\":";
  AppendJsonString(broken.namespace_, text);
  text += ",\"error\":";
  AppendJsonString(broken.error, text);
  if (broken.match) text += ",\"policy\":" + api::EncodeMatchLine(*broken.match, broken.namespace_.empty());
  return text + "}";
}

policy::BrokenPolicy DecodeBroken(const RecordedNode& node) {
  policy::BrokenPolicy broken{node.Text("id"), node.Text("namespace"), std::nullopt, node.Text("error")};
  if (const auto policy = node.Find("policy")) {
    auto match = api::DecodePolicyMatch(policy->element());
    if (!match) node.AddMistake("policy", match.error().message);
    if (match) broken.match = std::move(*match);
  }
  return broken;
}

void AddObject(const RecordedNode& node, policy::PolicySetParts& parts) {
  auto object = api::DecodeObject(node.element());
  if (!object) return node.AddMistake("objects", object.error().message);
  if (auto* policy = std::get_if<api::ImageAdmissionPolicy>(&*object)) parts.policies.push_back(std::move(*policy));
  if (auto* publisher = std::get_if<api::TrustedPublisher>(&*object)) parts.publishers.push_back(std::move(*publisher));
  if (auto* exception = std::get_if<api::VulnerabilityException>(&*object)) parts.exceptions.push_back(std::move(*exception));
  if (auto* pass = std::get_if<api::BreakGlass>(&*object)) parts.break_glasses.push_back(std::move(*pass));
}

}  // namespace

std::string EncodeObjects(const policy::PolicySet& policies, std::string_view namespace_) {
  ListText objects, broken, broken_publishers;
  for (const policy::Policy& policy : policies.policies())
    if (policy.object.metadata.namespace_ == namespace_) objects.Add(EncodeLasting(policy.object));
  for (const policy::Waiver& waiver : policies.waivers())
    if (NamespaceOf(waiver) == namespace_) objects.Add(std::visit([](const auto& object) { return EncodeLasting(object); }, waiver.object));
  for (const policy::BrokenPolicy& policy : policies.broken_policies())
    if (policy.namespace_ == namespace_) broken.Add(EncodeBroken(policy));
  if (namespace_.empty()) {
    for (const auto& [name, publisher] : policies.publishers()) objects.Add(EncodeLasting(publisher));
    for (const std::string& name : policies.broken_publishers()) broken_publishers.AddText(name);
  }
  return "{\"objects\":" + objects.Take() + ",\"brokenPolicies\":" + broken.Take() + ",\"brokenPublishers\":" + broken_publishers.Take() +
         "}";
}

Result<void> DecodeObjects(std::string_view document, policy::PolicySetParts& parts) {
  auto decoded = ReadRecorded(document, "the objects in force", [](const RecordedNode& root) {
    policy::PolicySetParts read;
    for (const RecordedNode& object : root.Items("objects")) AddObject(object, read);
    for (const RecordedNode& broken : root.Items("brokenPolicies")) read.broken_policies.push_back(DecodeBroken(broken));
    read.broken_publishers = root.Texts("brokenPublishers");
    return read;
  });
  if (!decoded) return std::unexpected(decoded.error());
  const auto move_all = [](auto& from, auto& to) { std::ranges::move(from, std::back_inserter(to)); };
  move_all(decoded->policies, parts.policies);
  move_all(decoded->broken_policies, parts.broken_policies);
  move_all(decoded->publishers, parts.publishers);
  move_all(decoded->broken_publishers, parts.broken_publishers);
  move_all(decoded->exceptions, parts.exceptions);
  move_all(decoded->break_glasses, parts.break_glasses);
  return {};
}

std::string EncodeScan(const policy::ScanRecord& scan) {
  return api::EncodeLine(api::Object(policy::ToImageScan(scan)));
}

Result<std::shared_ptr<const policy::ScanRecord>> DecodeScan(std::string_view document) {
  return ReadRecorded(document, "a scan", [](const RecordedNode& root) -> std::shared_ptr<const policy::ScanRecord> {
    const auto object = api::DecodeObject(root.element());
    const auto* scan = object ? std::get_if<api::ImageScan>(&*object) : nullptr;
    if (scan != nullptr) return std::make_shared<const policy::ScanRecord>(*scan);
    root.AddMistake("the ImageScan", object ? "is something else" : object.error().message);
    return nullptr;
  });
}

}  // namespace hullwright::evidence
