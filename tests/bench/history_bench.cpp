// A decision history of as many decisions as told, written with the store's own API: history-bench write FILE COUNT. They are of Pods of
// 2,000 images in 100 namespaces over a month, in which images were scanned anew and policies changed, each a few times.
// history-bench read FILE: the rows that a rehearsal needs, through SQLite alone. Each prints one JSON object.
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/object.h"
#include "base/rfc3339.h"
#include "evidence/decision_id.h"
#include "evidence/decision_recorder.h"
#include "policy/engine.h"
#include "store/decision_history.h"

namespace {

using namespace hullwright;
using Json = nlohmann::json;

constexpr int kImages = 2'000, kFindings = 40;
constexpr int kNamespaces = 100;
constexpr int kPolicyVersions = 5, kScansOfImage = 5;  // in the month
constexpr std::size_t kBatch = 256;                    // decisions of one transaction
constexpr std::chrono::milliseconds kMonth = std::chrono::hours(24 * 30);
constexpr Time kEnd = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

[[noreturn]] void GiveUp(std::string_view why) {
  fmt::print(stderr, "history-bench: {}\n", why);
  std::exit(1);
}

// The moment at which so many parts of the month are over.
Time MomentOf(std::int64_t part, std::int64_t parts) {
  return kEnd - kMonth + kMonth * part / parts;
}

std::string NamespaceOf(int image) {
  return fmt::format("team-{}", image % kNamespaces);
}

std::string DigestText(int image) {
  return fmt::format("sha256:{:064x}", image + 1);
}

// ---- What was in force

template <class Kind>
Kind DecodedAs(const std::string& kind, const Json& metadata, const Json& spec) {
  const std::string text = Json{{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", kind}, {"metadata", metadata}, {"spec", spec}}.dump();
  JsonReader reader;
  const auto root = reader.Read(text);
  auto object = root ? api::DecodeObject(*root) : Result<api::Object>(std::unexpected(root.error()));
  if (!object) GiveUp(object.error().message);
  return std::get<Kind>(std::move(*object));
}

api::ImageAdmissionPolicy MakeFloor(int version) {
  const Json vulnerabilities = {
      {"forbid", Json::array({{{"name", "fixable-critical"}, {"severities", {"Critical"}}, {"fix", "Available"}}})},
      {"scan", {{"maxAgeHours", 24 * 10 - version}}},
      {"waivers", {{"kinds", {"VulnerabilityException"}}}}};
  return DecodedAs<api::ImageAdmissionPolicy>("ClusterImageAdmissionPolicy", {{"name", "floor"}},
                                              {{"match", {{"images", {"registry.example/**"}}}},
                                               {"enforcement", {{"newImages", "Deny"}}},
                                               {"rules", {{"reference", {{"digest", "Pinned"}}}, {"vulnerabilities", vulnerabilities}}}});
}

api::VulnerabilityException MakeException(const std::string& namespace_) {
  return DecodedAs<api::VulnerabilityException>("VulnerabilityException", {{"name", "accepted"}, {"namespace", namespace_}},
                                                {{"policyRefs", Json::array({{{"name", "floor"}}})},
                                                 {"vulnerabilities", Json::array({{{"id", "CVE-2025-20002"}}})},
                                                 {"images", {"registry.example/**"}},
                                                 {"assessment", "RiskAccepted"},
                                                 {"reason", "behind the gateway"},
                                                 {"owner", "shop"},
                                                 {"expiresAt", "2026-06-01T00:00:00Z"}});
}

std::shared_ptr<const policy::PolicySet> MakePolicies(int version) {
  policy::PolicySetParts parts;
  parts.policies.push_back(MakeFloor(version));
  for (int i = 0; i < kNamespaces; i += 5) parts.exceptions.push_back(MakeException(NamespaceOf(i)));
  return std::make_shared<const policy::PolicySet>(std::move(parts));
}

// ---- What was known of images

api::Finding MakeFinding(int image, int number) {
  api::Finding finding;
  finding.id = fmt::format("CVE-2025-{}", 10'000 + (image * 7 + number * 131) % 10'000);
  finding.package = fmt::format("pkg:deb/debian/library-{}@1.{}-2?arch=amd64", (image + number) % 900, number);
  finding.version = fmt::format("1.{}-2", number);
  finding.severity = number % 3 == 0 ? api::Severity::kHigh : api::Severity::kMedium;
  finding.fix = number % 3 == 1 ? api::FixState::kNone : api::FixState::kAvailable;
  finding.scanners = {"trivy"};
  return finding;
}

// Of every tenth image one finding is critical, and of every fiftieth that one has a fix; half of these are accepted.
std::shared_ptr<const policy::ScanRecord> MakeScan(int image, int round) {
  api::ImageScan scan{.metadata = {}, .spec = {.digest = Digest::Parse(DigestText(image)).value(), .platform = {}}, .status = {}};
  api::ScanResult result;
  result.scanner_ref.name = "trivy";
  result.version = "0.68.2";
  result.scanned_at = MomentOf(round, kScansOfImage) - std::chrono::hours(image % 48);
  result.outcome = api::ScanOutcome::kComplete;
  scan.status.results = {result};
  for (int i = 0; i < kFindings; ++i) scan.status.findings.push_back(MakeFinding(image, i));
  if (image % 10 == 0) {
    api::Finding& worst = scan.status.findings.front();
    worst.id = fmt::format("CVE-2025-{}", 20'000 + image % 4);
    worst.severity = api::Severity::kCritical;
    worst.fix = image % 50 == 0 ? api::FixState::kAvailable : api::FixState::kNone;
  }
  return std::make_shared<const policy::ScanRecord>(scan);
}

policy::ImageFacts MakeFacts(int image, std::shared_ptr<const policy::ScanRecord> scan) {
  const std::string reference = fmt::format("registry.example/{}/app-{}@{}", NamespaceOf(image), image, DigestText(image));
  return {.use = {.name = "app", .field_path = "spec.containers[0].image", .reference = reference},
          .reference = ImageReference::Parse(reference),
          .scans = {std::move(scan)},
          .broken_scans = {},
          .admitted_since = {}};
}

// ---- The month

class Month {
 public:
  explicit Month(int count) : count_(count) {}

  store::NewDecision Decide(int number) {
    TurnTo(number);
    const int image = static_cast<int>(std::int64_t{number} * 7919 % kImages);
    const std::string name = fmt::format("app-{}-{:05x}", image, number);
    std::map<std::string, std::string> labels = {{"env", "prod"}, {"kubernetes.io/metadata.name", NamespaceOf(image)}};
    policy::Subject subject{.kind = policy::SubjectKind::kPod,
                            .description = fmt::format("Pod {}/{}", NamespaceOf(image), name),
                            .namespace_ = NamespaceOf(image),
                            .namespace_labels = std::move(labels)};
    const auto basis = std::make_shared<const evidence::Basis>(
        evidence::Basis{policies_, std::move(subject), {MakeFacts(image, scans_.at(image))}, MomentOf(number, count_), {}});
    return evidence::ToDecision(RowOf(*basis, name), basis, shared_);
  }

 private:
  void TurnTo(int number) {
    const int version = static_cast<int>(std::int64_t{number} * kPolicyVersions / count_);
    const int round = static_cast<int>(std::int64_t{number} * kScansOfImage / count_);
    if (std::exchange(version_, version) != version) policies_ = MakePolicies(version);
    if (std::exchange(round_, round) == round) return;
    scans_.clear();
    for (int image = 0; image < kImages; ++image) scans_.push_back(MakeScan(image, round));
  }

  static store::DecisionRow RowOf(const evidence::Basis& basis, const std::string& name) {
    const policy::Decision decision = policy::Decide(*basis.policies, basis.subject, basis.images, basis.now, basis.options);
    store::DecisionRow row;
    row.id = evidence::NewDecisionId(basis.now);
    row.decided_at = basis.now;
    row.uid = "705ab4f5-6393-11e8-b7cc-42010a800002";
    row.operation = "CREATE";
    row.kind = "Pod";
    row.namespace_ = basis.subject.namespace_;
    row.name = name;
    row.user = "system:serviceaccount:kube-system:replicaset-controller";
    row.allowed = decision.allowed();
    row.outcome = policy::ToString(decision.outcome);
    row.policies = "ClusterImageAdmissionPolicy/floor";
    for (const policy::Reason& reason : decision.images.at(0).reasons) {
      row.reasons = policy::ToString(reason.word);
      row.message = reason.message;
    }
    return row;
  }

  const int count_;
  int version_ = -1, round_ = -1;
  std::shared_ptr<const policy::PolicySet> policies_;
  std::vector<std::shared_ptr<const policy::ScanRecord>> scans_;  // by image
  evidence::SharedDocuments shared_;
};

struct EndOfMonth final : Clock {
  Time Now() const override { return kEnd; }
};

void WriteMonth(const std::string& path, int count) {
  const EndOfMonth clock;
  auto history = store::DecisionHistory::Open({.path = path, .max_bytes = std::uint64_t{8} << 30}, clock);
  if (!history) GiveUp(history.error().message);
  Month month(count);
  std::vector<store::NewDecision> batch;
  for (int i = 0; i < count; ++i) {
    batch.push_back(month.Decide(i));
    if (batch.size() < kBatch && i + 1 < count) continue;
    (*history)->Append(batch);
    batch.clear();
  }
  const store::HistoryStatistics statistics = (*history)->Statistics();
  if (statistics.written != static_cast<std::uint64_t>(count)) GiveUp(fmt::format("{} decisions were written", statistics.written));
  fmt::print("{{\"decisions\": {}, \"file_bytes\": {}}}\n", statistics.written, statistics.file_bytes);
}

// ---- The floor

// Every row of the decisions and of what they use, and each document once, packed as it is; but for the explanations, which a rehearsal
// reads only where something was signed.
void ReadRows(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement decisions(database, "SELECT * FROM decisions ORDER BY sequence");
  SQLite::Statement uses(database, "SELECT role, document FROM uses WHERE sequence = ? ORDER BY role, document");
  SQLite::Statement document(database, "SELECT digest, size, body FROM documents WHERE id = ?");
  std::unordered_set<std::int64_t> seen;
  std::int64_t count = 0, bytes = 0;
  while (decisions.executeStep()) {
    ++count;
    for (int column = 0; column < decisions.getColumnCount(); ++column)
      if (const auto value = decisions.getColumn(column); value.isText()) bytes += value.getBytes();
    uses.reset();
    uses.bind(1, decisions.getColumn(0).getInt64());
    while (uses.executeStep()) {
      const std::int64_t id = uses.getColumn(1).getInt64();
      if (uses.getColumn(0).getInt() == static_cast<int>(store::DocumentRole::kExplanation) || !seen.insert(id).second) continue;
      document.reset();
      document.bind(1, id);
      if (!document.executeStep()) GiveUp("a document is missing");
      bytes += document.getColumn(2).getBytes();
    }
  }
  fmt::print("{{\"decisions\": {}, \"documents\": {}, \"bytes\": {}}}\n", count, seen.size(), bytes);
}

int CountIn(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1) GiveUp("say how many decisions");
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 3 && arguments[0] == "write") {
    WriteMonth(arguments[1], CountIn(arguments[2]));
  } else if (arguments.size() == 2 && arguments[0] == "read") {
    ReadRows(arguments[1]);
  } else {
    GiveUp("write FILE COUNT, or read FILE");
  }
}
