#include "cli/trust_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "evidence/folder_data.h"
#include "evidence/folder_source.h"
#include "evidence/trust_reader.h"
#include "verify/notation_trust_store.h"

namespace hullwright::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};

Deadline Soon() {
  return std::chrono::steady_clock::now() + kPatience;
}

std::string RootOf(const api::TrustedPublisher& publisher, std::string_view authority) {
  const auto found = std::ranges::find(publisher.spec.authorities, authority, &api::Authority::name);
  return found == publisher.spec.authorities.end() ? "" : std::string(found->TrustRootName());
}

template <class Patterns>
std::vector<std::string> TextsOf(const Patterns& patterns) {
  std::vector<std::string> texts;
  texts.reserve(patterns.size());
  for (const auto& pattern : patterns) texts.push_back(pattern.text());
  return texts;
}

PublisherReport ReportOf(const api::TrustedPublisher& publisher, const evidence::PublisherTrust* trust) {
  PublisherReport report;
  report.name = publisher.metadata.name;
  report.display_name = publisher.spec.display_name;
  report.by_name = publisher.spec.verification == api::PublisherVerification::kNameOnly;
  report.repositories = TextsOf(publisher.spec.repositories);
  report.aliases = TextsOf(publisher.spec.aliases);
  report.signature_repository = publisher.spec.signature_repository;
  if (trust == nullptr) return report;
  for (AuthorityText& text : AuthoritiesOf(*trust)) {
    std::string root = RootOf(publisher, text.name);
    report.authorities.push_back({std::move(text), std::move(root)});
  }
  for (const evidence::BrokenAuthority& broken : trust->broken) report.broken.push_back(broken.doubt.message);
  return report;
}

void AddLogs(std::string_view kind, const std::vector<verify::TransparencyLog>& logs, RootReport& report) {
  for (const verify::TransparencyLog& log : logs)
    report.parts.push_back({std::string(kind), Printable(log.base_url), log.key.Fingerprint(), log.window.start, log.window.end});
}

void AddAuthorities(std::string_view kind, const std::vector<verify::CertificateAuthority>& authorities, RootReport& report) {
  for (const verify::CertificateAuthority& authority : authorities) {
    const verify::Certificate& anchor = authority.path.certificates().back();
    report.parts.push_back(
        {std::string(kind), Printable(ToString(anchor.subject())), anchor.Fingerprint(), authority.window.start, authority.window.end});
  }
}

// Reads one TrustRoot; what cannot be read is in broken.
class RootReader {
 public:
  RootReader(evidence::TrustReader& reader, const std::string& name) : reader_(reader) { report_.name = name; }

  RootReport Read(const api::TrustRootSpec& spec) {
    switch (spec.type) {
      case api::TrustRootType::kSigstore:
        report_.type = "Sigstore";
        Sigstore(*spec.sigstore);
        break;
      case api::TrustRootType::kNotation:
        report_.type = "Notation";
        Notation(*spec.notation);
        break;
      case api::TrustRootType::kTUF:
        report_.type = "TUF";
        report_.broken.push_back("it is not fetched here: give its trusted_root.json as type Sigstore to see what is in it");
        break;
    }
    return std::move(report_);
  }

 private:
  void Sigstore(const api::SigstoreRoot& sigstore) {
    const auto text = reader_.ReadText(sigstore.trusted_root, Soon());
    if (!text) return Break("trustedRoot", text.error().message);
    const auto root = verify::TrustedRoot::Parse(*text);
    if (!root) return Break("trustedRoot", root.error().message);
    AddAuthorities("certificate authority", root->certificate_authorities, report_);
    AddLogs("certificate log", root->certificate_logs, report_);
    AddLogs("transparency log", root->logs, report_);
    AddAuthorities("time-stamp authority", root->timestamp_authorities, report_);
  }

  void Notation(const api::NotationRoot& notation) {
    Store("certificates", verify::TrustStoreType::kCa, notation.certificates);
    Store("signingAuthorities", verify::TrustStoreType::kSigningAuthority, notation.signing_authorities);
    Store("timestampCertificates", verify::TrustStoreType::kTsa, notation.timestamp_certificates);
  }

  void Store(std::string_view field, verify::TrustStoreType type, const std::optional<api::PemSource>& source) {
    if (!source) return;
    auto text = reader_.ReadText(*source, Soon());
    if (!text) return Break(field, text.error().message);
    const std::vector<std::string> files{std::move(*text)};
    const auto store = verify::ReadTrustStore(type, files);
    if (!store) return Break(field, store.error().message);
    for (const verify::Certificate& certificate : *store)
      report_.parts.push_back({std::string(field), Printable(ToString(certificate.subject())), certificate.Fingerprint(),
                               certificate.not_before(), certificate.not_after()});
  }

  void Break(std::string_view field, const std::string& why) { report_.broken.push_back(fmt::format("{}: {}", field, why)); }

  evidence::TrustReader& reader_;
  RootReport report_;
};

}  // namespace

Result<TrustReport> ReadTrustReport(const TrustFolders& folders, Time now) {
  evidence::Catalogue catalogue;
  std::vector<evidence::Folder> sources;
  sources.reserve(folders.folders.size());
  for (const std::string& path : folders.folders) sources.push_back({path, true});
  if (auto loaded = evidence::LoadFolders(sources, catalogue); !loaded) return std::unexpected(loaded.error());
  evidence::FolderData data(folders.cluster_data);
  evidence::TrustReader reader(data, folders.release_namespace);
  const auto objects = catalogue.Trust();
  const auto trust = reader.ReadTrust(*objects, Soon());
  TrustReport report;
  report.now = now;
  for (const api::TrustedPublisher& publisher : objects->publishers)
    report.publishers.push_back(ReportOf(publisher, trust->Find(publisher.metadata.name)));
  for (const auto& [name, root] : objects->roots) report.roots.push_back(RootReader(reader, name).Read(root.spec));
  for (const evidence::Problem& problem : catalogue.Problems()) report.problems.push_back({problem.origin, problem.object, problem.error});
  return report;
}

ExitCode TrustReport::Verdict() const {
  const auto is_broken = [](const auto& item) { return !item.broken.empty(); };
  const bool broken = !problems.empty() || std::ranges::any_of(publishers, is_broken) || std::ranges::any_of(roots, is_broken);
  return broken ? ExitCode::kCouldNotTell : ExitCode::kPass;
}

}  // namespace hullwright::cli
