#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/common.h"
#include "api/generate.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/difference.h"

namespace hullwright::cli {
namespace {

constexpr std::string_view kCrdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
constexpr std::string_view kApply = "kubectl apply --server-side --force-conflicts -f crds/ with the crds/ of version " HULLWRIGHT_VERSION;

bool HasCondition(const KubeJson& object, std::string_view type) {
  const KubeJson& conditions = AtPath(object, {"status", "conditions"});
  return conditions.is_array() && std::ranges::any_of(conditions, [&](const KubeJson& condition) {
           return TextAt(condition, "type") == type && TextAt(condition, "status") == "True";
         });
}

// Names of versions in which objects may still lie in etcd, but for the one we store.
std::vector<std::string> LeftBehind(const KubeJson& stored) {
  std::vector<std::string> left;
  const KubeJson& versions = AtPath(stored, {"status", "storedVersions"});
  for (const KubeJson& version : versions.is_array() ? versions : KubeJson::array()) {
    const std::string name = version.is_string() ? version.get<std::string>() : "?";
    if (name != api::kApiVersion.substr(api::kApiVersion.find('/') + 1)) left.push_back(Printable(name, 64));
  }
  return left;
}

// "spec.versions[0].schema…" of the first field that is not as wanted; "" when all are.
std::string SchemaDifference(const KubeJson& wanted, const KubeJson& stored) {
  for (const std::string_view field : {"group", "scope"}) {
    if (AtPath(wanted, {"spec", field}) != AtPath(stored, {"spec", field})) return fmt::format("spec.{}", field);
  }
  if (auto where = FirstMissing(AtPath(wanted, {"spec", "names"}), AtPath(stored, {"spec", "names"}), "spec.names"); !where.empty())
    return where;
  const KubeJson& wanted_versions = AtPath(wanted, {"spec", "versions"});
  const KubeJson& stored_versions = AtPath(stored, {"spec", "versions"});
  if (auto where = FirstMissing(wanted_versions, stored_versions, "spec.versions"); !where.empty()) return where;
  for (std::size_t i = 0; i < wanted_versions.size(); ++i) {
    // The schema to the last field: one more there would let in what this version does not know.
    const std::string where = fmt::format("spec.versions[{}].schema", i);
    if (auto more = FirstMissing(At(stored_versions[i], "schema"), At(wanted_versions[i], "schema"), where); !more.empty()) return more;
  }
  return "";
}

void CheckKind(Installation& installation, const KubeJson& wanted, CheckReport& report, std::size_t& sound) {
  const std::string name = TextAt(At(wanted, "metadata"), "name");
  const Result<KubeJson>& stored = installation.Get(std::string(kCrdPath) + name);
  if (!stored && stored.error().code == ErrorCode::kNotFound)
    return report.Problem(
        fmt::format(
            "the CustomResourceDefinition {} is not there: objects of this kind cannot be written, and the webhook never gets ready", name),
        fmt::format("{}", kApply));
  if (!stored) return report.Unread("the CustomResourceDefinition " + name, stored.error());
  if (!HasCondition(*stored, "Established") || !HasCondition(*stored, "NamesAccepted"))
    return report.Problem(
        fmt::format("the API server does not serve the CustomResourceDefinition {} (it is not Established with its names accepted)", name),
        fmt::format("kubectl describe crd {} tells why; another definition may have taken the name", name));
  const std::string difference = SchemaDifference(wanted, *stored);
  if (!difference.empty())
    return report.Problem(
        fmt::format("the CustomResourceDefinition {} is not that of version {}: {} differs. What the one refuses or drops, "
                    "the other may rely on",
                    name, HULLWRIGHT_VERSION, Printable(difference)),
        fmt::format("{}; or take the hullctl of the version that is installed", kApply));
  if (const auto left = LeftBehind(*stored); !left.empty())
    return report.Problem(fmt::format("objects of {} may still be stored as {}", name, fmt::join(left, ", ")),
                          fmt::format("write each anew (kubectl get {0} -A -o yaml | kubectl replace -f -), then take the version out of "
                                      "status.storedVersions of the definition: kubectl edit crd {0} --subresource=status",
                                      name));
  ++sound;
}

}  // namespace

void CheckKinds(Installation& installation, CheckReport& report) {
  const auto generated = api::GenerateCrds();
  std::size_t sound = 0;
  for (const api::GeneratedFile& file : generated) {
    const auto documents = ReadYaml(file.text);
    const auto wanted = documents && documents->size() == 1 ? ReadObject(documents->front().json)
                                                            : Fail(ErrorCode::kInternal, file.name + ": cannot be read");
    if (!wanted) return report.Unread("what this version wants", wanted.error());
    CheckKind(installation, *wanted, report, sound);
  }
  if (sound == generated.size())
    report.Ok(fmt::format("all {} kinds are served, with the schemas of version {}", sound, HULLWRIGHT_VERSION));
}

}  // namespace hullwright::cli
