#include "cli/support_bundle.h"

#include <fmt/format.h>

#include <chrono>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/support/parts.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

constexpr std::chrono::minutes kTimeForABundle{5};

nlohmann::ordered_json IndexOf(const Installation& installation) {
  return {{"schema", "hullctl/support-bundle/v1"},
          {"version", HULLWRIGHT_VERSION},
          {"createdAt", FormatRfc3339(std::chrono::floor<std::chrono::seconds>(installation.now()))},
          {"namespace", installation.names().namespace_},
          {"name", installation.names().name},
          {"about",
           "Secrets were not fetched. What looks like one was replaced by [redacted] in every file; look through it before you send it."}};
}

}  // namespace

void GatherBundle(Installation& installation, Bundle& bundle) {
  bundle.LeaveOut("Secrets", "they are never fetched; imagePullSecrets and other references keep their names");
  installation.LeaveSecretsAlone();
  for (const BundlePart& part : BundleParts()) part.gather(installation, bundle);
}

CommandOutput SupportBundle(const SupportBundleOptions& options, const Environment& environment) {
  if (auto checked = RequireNames(options.names); !checked) return Failed(ExitCode::kUsage, checked.error().message);
  const auto access = FindCluster(options.cluster, environment);
  if (!access) return Failed(access.error());
  const auto client = kube::RawClient::Connect(*access);
  if (!client) return Failed(client.error());
  const Progress progress("gathering the support bundle", environment.err);
  ClusterView view(**client, std::chrono::steady_clock::now() + kTimeForABundle);
  Installation installation(view, options.names, environment.clock);
  Bundle bundle;
  GatherBundle(installation, bundle);
  const auto packed = bundle.Pack("hullwright-support", IndexOf(installation), installation.now());
  if (!packed) return Failed(packed.error());
  if (auto written = WriteFileAtomically(options.out, *packed); !written) return Failed(written.error().Within(options.out));
  std::string told = fmt::format("wrote {}: {}, {}; index.json in it lists each, and what was left out\n", options.out,
                                 Count(bundle.files() + 1, "file", "files"), BytesText(packed->size()));
  if (bundle.is_complete()) return {ExitCode::kPass, std::move(told), ""};
  return {ExitCode::kCouldNotTell, std::move(told),
          ErrorLine(fmt::format("{} could not be fetched: index.json names each, and why", Count(bundle.missed(), "part", "parts")))};
}

}  // namespace hullwright::cli
