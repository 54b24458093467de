// CycloneDX (1.4 and later): vulnerabilities[] with an analysis. The document is attached to the image, so what it says of a component it
// says of that component in this image.
#include <fmt/format.h>

#include <array>
#include <map>

#include "base/text.h"
#include "verify/limits.h"
#include "verify/vex_formats.h"

namespace hullwright::verify {
namespace {

using policy::PackageUrl;
using policy::VexImage;
using policy::VexPackage;
using policy::VexProduct;
using policy::VexStatement;
using policy::VexStatus;

struct AnalysisState {
  std::string_view word;
  VexStatus status;
};
constexpr std::array kAnalysisStates = {
    AnalysisState{"resolved", VexStatus::kFixed},
    AnalysisState{"resolved_with_pedigree", VexStatus::kFixed},
    AnalysisState{"exploitable", VexStatus::kAffected},
    AnalysisState{"in_triage", VexStatus::kUnderInvestigation},
    AnalysisState{"false_positive", VexStatus::kNotAffected},
    AnalysisState{"not_affected", VexStatus::kNotAffected},
};

// What a package URL names in a document that is attached to an image.
VexProduct BomProductOf(std::string_view purl) {
  const auto url = PackageUrl::Parse(purl);
  if (url && url->Type() == "oci") return {VexImage::Parse(purl)};
  return {VexImage(), {VexPackage{url}}};
}

// BomComponents by their bom-ref.
class BomComponents {
 public:
  Checked<void> Read(const JsonFields& document) {
    if (document.Has("metadata")) {
      const auto metadata = document.Object("metadata");
      if (!metadata) return std::unexpected(metadata.error());
      if (metadata->Has("component")) {
        const auto component = metadata->Object("component");
        if (!component) return std::unexpected(component.error());
        // The image itself, unless a package URL says that it is something inside.
        if (auto added = AddOne(*component, VexProduct()); !added) return added;
      }
    }
    return AddList(document);
  }

  // What "ref" means: a bom-ref of this document, or of another (BOM-Link, "urn:cdx:SERIAL/VERSION#REF"), which says something only
  // when it is a package URL, as most tools make it.
  VexProduct Find(const std::string& ref) const {
    if (const auto known = products_.find(ref); known != products_.end()) return known->second;
    const std::size_t mark = ref.starts_with("urn:cdx:") ? ref.find('#') : std::string::npos;
    if (mark == std::string::npos) return BomProductOf(ref);
    const std::string_view fragment = std::string_view(ref).substr(mark + 1);
    return BomProductOf(fragment.starts_with("pkg:") ? std::string(fragment) : policy::PercentDecoded(fragment));
  }

 private:
  Checked<void> AddList(const JsonFields& owner) {
    const auto list = owner.List("components", limits::kVexProducts);
    if (!list) return std::unexpected(list.error());
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto component = JsonFields::Of((*list)[i], VexPlace("components", i) + " of " + owner.where());
      if (!component) return std::unexpected(component.error());
      if (auto added = AddOne(*component, {VexImage(), {VexPackage()}}); !added) return added;
    }
    return {};
  }

  // Goes as deep as JSON may (limits::kJsonDepth).
  Checked<void> AddOne(const JsonFields& component, VexProduct without_url) {
    if (++count_ > limits::kVexProducts)
      return Reject(Step::kLimit, fmt::format("the document lists more than {} components", limits::kVexProducts));
    if (component.Has("bom-ref")) {
      auto ref = VexName(component, "bom-ref");
      if (!ref) return std::unexpected(ref.error());
      const auto purl = component.OptionalText("purl");
      if (!purl) return std::unexpected(purl.error());
      if (!products_.emplace(*ref, purl->empty() ? std::move(without_url) : BomProductOf(*purl)).second)
        return Reject(Step::kStructure,
                      fmt::format("\"bom-ref\" of {} is \"{}\", as another's is", component.where(), Printable(*ref, 128)));
    }
    return AddList(component);
  }

  std::map<std::string, VexProduct, std::less<>> products_;
  std::size_t count_ = 0;
};

Checked<void> ReadAffects(const JsonFields& vulnerability, const BomComponents& components, VexStatements& statements,
                          VexStatement& statement) {
  const auto list = vulnerability.List("affects", limits::kVexProducts);
  if (!list) return std::unexpected(list.error());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto entry = JsonFields::Of((*list)[i], VexPlace("affects", i) + " of " + vulnerability.where());
    if (!entry) return std::unexpected(entry.error());
    const auto ref = VexName(*entry, "ref");
    if (!ref) return std::unexpected(ref.error());
    if (auto room = statements.TakeRoom(); !room) return room;
    VexProduct product = components.Find(*ref);
    // Version ranges are not worked out: they tell nothing of a component that says its own version, and leave open what is meant of
    // one that does not.
    for (VexPackage& package : product.packages)
      if (entry->Has("versions") && package.url && package.url->version.empty()) package.url.reset();
    statement.products.push_back(std::move(product));
  }
  // What it is about is not said.
  if (statement.products.empty()) statement.products.push_back({VexImage::Parse("")});
  return {};
}

Checked<void> ReadVulnerabilityNames(const JsonFields& vulnerability, VexStatement& statement) {
  if (auto stored = Store(VexName(vulnerability, "id"), statement.names.emplace_back()); !stored) return stored;
  const auto references = vulnerability.List("references", limits::kVexNames - 1);
  if (!references) return std::unexpected(references.error());
  for (std::size_t i = 0; i < references->size(); ++i) {
    const auto reference = JsonFields::Of((*references)[i], VexPlace("references", i) + " of " + vulnerability.where());
    if (!reference) return std::unexpected(reference.error());
    if (auto stored = Store(VexName(*reference, "id"), statement.names.emplace_back()); !stored) return stored;
  }
  return {};
}

Checked<void> ReadAnalysisState(const JsonFields& analysis, VexStatement& statement) {
  const auto word = analysis.Text("state");
  if (!word) return std::unexpected(word.error());
  const auto* state = std::ranges::find(kAnalysisStates, *word, &AnalysisState::word);
  if (state == kAnalysisStates.end())
    return Reject(Step::kStructure,
                  fmt::format("\"state\" of {} is \"{}\", and must be one of resolved, resolved_with_pedigree, exploitable, "
                              "in_triage, false_positive, not_affected",
                              analysis.where(), Printable(*word, 32)));
  statement.status = state->status;
  if (auto read = Store(VexText(analysis, "justification"), statement.justification); !read) return read;
  if (auto read = Store(VexText(analysis, "detail"), statement.text); !read) return read;
  if (statement.status == VexStatus::kNotAffected && statement.justification.empty() && statement.text.empty())
    statement.defect = fmt::format("{} says {} without a justification or detail", analysis.where(), *word);
  return {};
}

// Since 1.5 an analysis says when it was made and last changed.
Checked<void> ReadAnalysisTime(const JsonFields& analysis, const std::optional<Time>& of_document, VexStatement& statement) {
  for (const std::string_view key : {"lastUpdated", "firstIssued"}) {
    if (statement.timestamp) break;
    if (auto read = Store(OptionalTime(analysis, key), statement.timestamp); !read) return read;
  }
  if (!statement.timestamp) statement.timestamp = of_document;
  return {};
}

Checked<void> ReadBomVulnerability(const JsonFields& vulnerability, const BomComponents& components, const std::optional<Time>& of_document,
                                   VexStatements& statements) {
  if (!vulnerability.Has("analysis")) return {};  // a list of what was found, and no statement
  const auto analysis = vulnerability.Object("analysis");
  if (!analysis) return std::unexpected(analysis.error());
  if (!analysis->Has("state")) return {};
  VexStatement statement;
  if (auto read = ReadVulnerabilityNames(vulnerability, statement); !read) return read;
  if (auto read = ReadAnalysisState(*analysis, statement); !read) return read;
  if (auto read = ReadAnalysisTime(*analysis, of_document, statement); !read) return read;
  if (auto read = ReadAffects(vulnerability, components, statements, statement); !read) return read;
  return statements.Add(std::move(statement));
}

Checked<std::optional<Time>> TimeOfBom(const JsonFields& document) {
  if (!document.Has("metadata")) return std::nullopt;
  const auto metadata = document.Object("metadata");
  return metadata ? OptionalTime(*metadata, "timestamp") : std::unexpected(metadata.error());
}

}  // namespace

Checked<policy::VexDocument> DecodeCycloneDxVex(const JsonFields& document) {
  const auto format = document.Text("bomFormat");
  if (!format) return std::unexpected(format.error());
  if (*format != "CycloneDX")
    return Reject(Step::kStructure, fmt::format("bomFormat is \"{}\", and must be CycloneDX", Printable(*format, 32)));
  const auto time = TimeOfBom(document);
  if (!time) return std::unexpected(time.error());
  BomComponents components;
  if (auto read = components.Read(document); !read) return std::unexpected(read.error());
  const auto list = document.List("vulnerabilities", limits::kVexStatements);
  if (!list) return std::unexpected(list.error());
  VexStatements statements;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto vulnerability = JsonFields::Of((*list)[i], VexPlace("vulnerabilities", i));
    if (!vulnerability) return std::unexpected(vulnerability.error());
    if (auto read = ReadBomVulnerability(*vulnerability, components, *time, statements); !read) return std::unexpected(read.error());
  }
  return policy::VexDocument("CycloneDX VEX", statements.Take());
}

}  // namespace hullwright::verify
