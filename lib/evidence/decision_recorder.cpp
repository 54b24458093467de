#include "evidence/decision_recorder.h"

#include <exception>
#include <utility>

#include "base/log.h"
#include "evidence/decision_id.h"
#include "evidence/recorded_decision.h"
#include "evidence/recorded_facts.h"
#include "evidence/recorded_objects.h"
#include "registry/content_digest.h"

namespace hullwright::evidence {
namespace {

constexpr std::chrono::seconds kLookInterval{1};  // of the thread, whether the file is still in its place
constexpr std::size_t kMaxBatch = 16;             // decisions that are encoded before they are written
constexpr std::size_t kMaxKnownScans = 20'000;
constexpr std::size_t kMaxKnownNamespaces = 10'000;
constexpr std::size_t kLayerBytes = 128;  // of a digest in a document that is being made
// Images times policies that may cover them. A trace of more would be megabytes, and nobody would read it.
constexpr std::size_t kMaxTraced = 256;

std::string DigestText(std::string_view bytes) {
  return registry::DigestOf(bytes).text();
}

// A document whose bytes are at hand.
store::NewDocument OwnDocument(store::DocumentRole role, std::string bytes) {
  std::string digest = DigestText(bytes);
  return {role, std::move(digest), [bytes = std::move(bytes)] { return bytes; }};
}

bool IsTraceable(const Basis& basis) {
  std::size_t policies = 0;
  for (const policy::ImageFacts& image : basis.images) {
    policies += basis.policies->Candidates(basis.subject, image.reference ? &*image.reference : nullptr).size();
    if (policies > kMaxTraced) return false;
  }
  return true;
}

// Pure, so that it is the same decision once more, now with what every rule saw.
std::string ExplanationOf(const Basis& basis) {
  policy::EngineOptions options = basis.options;
  options.trace = IsTraceable(basis);
  return EncodeDecision(policy::Decide(*basis.policies, basis.subject, basis.images, basis.now, options));
}

// Layers that the facts of an image list. Whoever fills its registry chooses how many.
std::size_t CountLayers(const policy::TrustFacts& facts) {
  std::size_t layers = 0;
  for (const policy::PlatformManifest& platform : facts.platforms)
    if (platform.configuration && *platform.configuration) layers += (**platform.configuration).diff_ids.size();
  for (const policy::BaseImage& base : facts.base_images) layers += base.diff_ids.size();
  return layers;
}

// About what it holds alone, and what its document of facts will take; snapshots and scans are shared.
std::size_t BytesOf(const store::DecisionRow& row, const Basis& basis) {
  std::size_t bytes = sizeof(row) + sizeof(basis) + row.message.size() + row.user.size() + row.reasons.size() + row.policies.size();
  for (const policy::ImageFacts& image : basis.images) {
    bytes += sizeof(image) + 2 * image.use.reference.size() + image.use.field_path.size() + image.use.name.size() + 64 * image.scans.size();
    if (image.trust) bytes += kLayerBytes * CountLayers(*image.trust);
  }
  if (basis.subject.namespace_labels)
    for (const auto& [key, value] : *basis.subject.namespace_labels) bytes += 64 + key.size() + value.size();
  return bytes;
}

}  // namespace

store::NewDocument SharedDocuments::Scan(const std::shared_ptr<const policy::ScanRecord>& scan) {
  if (scans_.size() >= kMaxKnownScans) scans_.clear();
  KnownScan& known = scans_[scan.get()];
  if (known.scan.lock() != scan) known = {scan, DigestText(EncodeScan(*scan))};
  return {store::DocumentRole::kScan, known.digest, [scan] { return EncodeScan(*scan); }};
}

store::NewDocument SharedDocuments::Objects(const std::shared_ptr<const policy::PolicySet>& policies, const std::string& namespace_) {
  if (policies_.lock() != policies || objects_.size() >= kMaxKnownNamespaces) objects_.clear();
  policies_ = policies;
  auto known = objects_.find(namespace_);
  if (known == objects_.end()) known = objects_.emplace(namespace_, DigestText(EncodeObjects(*policies, namespace_))).first;
  const auto role = namespace_.empty() ? store::DocumentRole::kClusterObjects : store::DocumentRole::kNamespaceObjects;
  return {role, known->second, [policies, namespace_] { return EncodeObjects(*policies, namespace_); }};
}

store::NewDecision ToDecision(store::DecisionRow row, const std::shared_ptr<const Basis>& basis, SharedDocuments& shared) {
  store::NewDecision decision{std::move(row), {}};
  std::vector<std::vector<std::string>> scans;
  scans.reserve(basis->images.size());
  for (const policy::ImageFacts& image : basis->images) {
    std::vector<std::string>& digests = scans.emplace_back();
    for (const auto& scan : image.scans) {
      decision.documents.push_back(shared.Scan(scan));
      digests.push_back(decision.documents.back().digest);
    }
  }
  decision.documents.push_back(shared.Objects(basis->policies, ""));
  if (!basis->subject.namespace_.empty()) decision.documents.push_back(shared.Objects(basis->policies, basis->subject.namespace_));
  decision.documents.push_back(OwnDocument(store::DocumentRole::kFacts, EncodeFacts(*basis, scans)));
  decision.documents.push_back(OwnDocument(store::DocumentRole::kExplanation, ExplanationOf(*basis)));
  return decision;
}

DecisionRecorder::DecisionRecorder(std::unique_ptr<store::DecisionHistory> history, RecorderOptions options)
    : options_(options), history_(std::move(history)), queue_(options.max_queued, options.max_queued_bytes) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

DecisionRecorder::~DecisionRecorder() = default;

std::string DecisionRecorder::Record(store::DecisionRow row, Basis basis) noexcept {
  try {
    row.id = NewDecisionId(basis.now);
    row.decided_at = basis.now;
    const std::size_t bytes = BytesOf(row, basis);
    std::string id = row.id;
    const std::string owner = row.namespace_;
    if (queue_.Push({std::move(row), std::make_shared<const Basis>(std::move(basis))}, bytes, &owner)) return id;
  } catch (...) {  // no memory: the request goes on
  }
  ++lost_;
  return {};
}

void DecisionRecorder::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Write(queue_.Take(stop, kLookInterval, options_.gather_time));
    queue_.Done();
  }
  Write(queue_.Take(stop, {}));
  queue_.Done();
}

// The edge of the thread: memory may run out. What cannot be made of one decision costs no other.
void DecisionRecorder::Write(std::deque<Waiting> waiting) {
  const auto attempt = [this](std::size_t decisions, const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      lost_ += decisions;
      log::Error("decision history: decisions could not be written", {{"decisions", decisions}, {"error", error.what()}});
    }
  };
  attempt(0, [&] { history_->Maintain(); });
  while (!waiting.empty()) {
    std::vector<store::NewDecision> batch;
    for (std::size_t i = 0; i < kMaxBatch && !waiting.empty(); ++i, waiting.pop_front())
      attempt(1, [&] { batch.push_back(ToDecision(std::move(waiting.front().row), waiting.front().basis, shared_)); });
    attempt(batch.size(), [&] { history_->Append(batch); });
  }
}

}  // namespace hullwright::evidence
