#include "cli/scan_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "api/object.h"
#include "base/image_reference.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/progress.h"
#include "cli/report_keeper.h"
#include "cli/scan_store.h"
#include "cli/text.h"
#include "kube/client.h"
#include "scan/import.h"
#include "scan/report.h"

namespace hullwright::cli {
namespace {

constexpr std::string_view kCluster = "cluster";

Result<GivenReport> ReadReport(const std::string& path, const Environment& environment) {
  const scan::ReportLimits limits;
  const std::string name = path == "-" ? "<stdin>" : path;
  auto text = path == "-" ? environment.read_stdin(limits.max_bytes) : ReadFile(path, limits.max_bytes);
  if (!text) return std::unexpected(text.error().Within(name));
  auto report = scan::DecodeReport(*text, limits);
  if (!report) return std::unexpected(report.error().Within(name));
  return GivenReport{std::move(*text), std::move(*report)};
}

Result<scan::ImportOptions> Understand(const ScanImportOptions& options, const Environment& environment) {
  scan::ImportOptions import;
  import.now = environment.clock.Now();
  import.max_bytes = kMaxImageScanBytes;
  import.imported_by = environment.user;
  if (!options.now.empty()) {
    const auto now = ParseRfc3339(options.now);
    if (!now) return std::unexpected(now.error().Within("--now"));
    import.now = *now;
  }
  // On standard output nobody knows what was there before: a time of now would begin every grace period anew.
  if (!options.to.empty()) import.first_seen = std::chrono::floor<std::chrono::seconds>(import.now);
  if (!options.database_updated_at.empty()) {
    const auto date = ParseRfc3339(options.database_updated_at);
    if (!date) return std::unexpected(date.error().Within("--database-updated-at"));
    import.database_updated_at = *date;
  }
  if (!options.image.empty()) {
    auto image = ImageReference::Parse(options.image);
    if (!image) return std::unexpected(image.error().Within("--image"));
    if (!image->digest) {
      return Fail(ErrorCode::kInvalidInput, "--image: needs the digest, as in registry.example/shop/api@sha256:…: a tag can move");
    }
    import.image = std::move(*image);
  }
  return import;
}

Result<std::unique_ptr<kube::KubeClient>> Connect(const ScanImportOptions& options, const Environment& environment) {
  const std::string& file = options.kubeconfig.empty() ? environment.kubeconfig : options.kubeconfig;
  if (file.empty())
    return Fail(ErrorCode::kNotFound, "--to cluster: there is no kubeconfig: name one with --kubeconfig, or set KUBECONFIG");
  const auto access = kube::ClusterAccess::FromKubeconfig(file, options.context);
  if (!access) return std::unexpected(access.error());
  return kube::KubeClient::Connect(*access);
}

Result<std::unique_ptr<ReportKeeper>> OpenArchive(const ScanImportOptions& options, const Clock& clock, const GivenReport& given) {
  store::ArchiveOptions archive{.path = options.archive};
  if (options.archive_mebibytes > 0) archive.max_bytes = static_cast<std::uint64_t>(options.archive_mebibytes) << 20;
  if (options.archive_days > 0) archive.max_age = std::chrono::hours(24 * options.archive_days);
  return ReportKeeper::Open(std::move(archive), clock, given);
}

Result<Stored> Store(const api::ImageScan& scan, const ScanImportOptions& options, Time now, kube::KubeClient* client,
                     ReportKeeper* keeper) {
  return client != nullptr ? StoreInCluster(scan, *client, now, keeper) : StoreInFolder(scan, options.to, now, keeper);
}

std::string Summary(const api::ImageScan& scan, const Stored& stored, const ReportKeeper* keeper) {
  std::size_t findings = scan.status.findings.size() + static_cast<std::size_t>(scan.status.truncated_findings);
  std::string text =
      fmt::format("imported {} for {} into {}", Count(findings, "finding", "findings"), scan.spec.digest.text(), stored.where);
  if (stored.merged) text += ", merged with what was there";
  const auto unknown = std::ranges::count(scan.status.findings, api::Severity::kUnknown, &api::Finding::severity);
  if (unknown > 0) text += fmt::format("; {} of severity Unknown, of which a rule about severities could not tell", unknown);
  if (scan.status.truncated_findings > 0)
    text += fmt::format("; {} of them, the least severe, only as counts", scan.status.truncated_findings);
  if (!stored.unread.empty()) text += "; " + stored.unread;
  if (keeper != nullptr) text += "; " + keeper->told();
  return text + "\n";
}

// For standard error; "" when the report does not speak of another image than the one it is imported for.
std::string WarningOf(const scan::Report& report, const scan::ImportOptions& import) {
  const std::string named = import.image ? scan::NamedInstead(report, *import.image) : "";
  if (named.empty()) return "";
  return ErrorLine(fmt::format("warning: the report names {}, and not {}: you answer for its being of that image", named,
                               Printable(import.image->ToString())));
}

// What the scanner did not see is told at once, not first when a Pod is refused.
std::string Shortfall(const api::ScanResult& result) {
  return fmt::format("the scan is {}: {}\n", ToString(result.outcome),
                     result.reason.empty() ? "the report does not say why" : Printable(result.reason));
}

Result<CommandOutput> Import(const ScanImportOptions& options, scan::ImportOptions import, const Environment& environment) {
  const auto given = ReadReport(options.report, environment);
  if (!given) return std::unexpected(given.error());
  std::unique_ptr<kube::KubeClient> client;
  if (options.to == kCluster) {
    auto connected = Connect(options, environment);
    if (!connected) return std::unexpected(connected.error());
    client = std::move(*connected);
    auto user = ClusterUser(*client);
    if (!user) return std::unexpected(user.error());
    import.imported_by = std::move(*user);
  }
  const auto scan = scan::ToImageScan(given->report, import);
  if (!scan) return std::unexpected(scan.error().Within(options.report == "-" ? "<stdin>" : options.report));
  std::string warning = WarningOf(given->report, import);
  if (options.to.empty()) return CommandOutput{ExitCode::kPass, api::EncodeJson(*scan) + "\n", std::move(warning)};
  // Clocks belong to repositories: without one no grace period would ever run.
  if (scan->status.repositories.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("the report names no repository, so it cannot be kept when its findings were first seen: say --image "
                            "REPOSITORY@{}",
                            scan->spec.digest.text()));
  }
  std::unique_ptr<ReportKeeper> keeper;
  if (!options.archive.empty()) {
    auto opened = OpenArchive(options, environment.clock, *given);
    if (!opened) return std::unexpected(opened.error());
    keeper = std::move(*opened);
  }
  const auto stored = Store(*scan, options, import.now, client.get(), keeper.get());
  if (!stored) return std::unexpected(stored.error());
  const api::ScanResult& result = scan->status.results.front();
  std::string told = Summary(*scan, *stored, keeper.get());
  if (result.outcome != api::ScanOutcome::kComplete) told += Shortfall(result);
  if (keeper != nullptr && !keeper->warning().empty()) warning += ErrorLine("warning: " + keeper->warning());
  return CommandOutput{ExitCode::kPass, std::move(told), std::move(warning)};
}

}  // namespace

CommandOutput ScanImport(const ScanImportOptions& options, const Environment& environment) {
  auto import = Understand(options, environment);
  if (!import) return Failed(ExitCode::kUsage, import.error().message);
  const Progress progress("importing the report", environment.err);
  auto output = Import(options, std::move(*import), environment);
  return output ? std::move(*output) : Failed(output.error());
}

}  // namespace hullwright::cli
