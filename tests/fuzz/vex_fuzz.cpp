// VEX documents: whatever the bytes and whichever format they are taken for, the answer is an error in one line, or statements within their
// bounds, each with the reason that its format asks for; and none takes a finding away that it is not about.
#include <algorithm>
#include <chrono>
#include <span>

#include "fuzz/fuzzing.h"
#include "policy/clock_skew.h"
#include "policy/vex_matching.h"
#include "verify/limits.h"
#include "verify/vex.h"
#include "verify/vex_formats.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;
using policy::VexStatement;
namespace limits = verify::limits;

constexpr Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

void RequireName(std::string_view name) {
  Require(!name.empty() && name.size() <= limits::kVexNameBytes);
  for (const unsigned char letter : name) Require(letter >= 0x20 && letter != 0x7f);
}

// not_affected takes findings away only with a reason: one without is kept, and says what it lacks.
void RequireReason(const VexStatement& statement, std::string_view format) {
  const bool says_why = !statement.justification.empty() || !statement.text.empty();
  const bool lacks_reason = statement.status == policy::VexStatus::kNotAffected && !says_why;
  Require(statement.defect.empty() != lacks_reason);
  if (lacks_reason) RequireOneLine(statement.defect);
  if (format != "CycloneDX VEX") Require(statement.justification.empty() || verify::IsVexJustification(statement.justification));
}

void RequireBounds(const policy::VexDocument& document) {
  const std::vector<VexStatement>& statements = document.statements();
  Require(statements.size() <= limits::kVexStatements);
  std::size_t named = 0, packages = 0;
  for (const VexStatement& statement : statements) {
    Require(!statement.names.empty() && statement.names.size() <= limits::kVexNames && !statement.products.empty());
    for (const std::string& name : statement.names) RequireName(name);
    Require(statement.justification.size() <= limits::kVexTextBytes && statement.text.size() <= limits::kVexTextBytes);
    named += statement.names.size() + statement.products.size();
    for (const policy::VexProduct& product : statement.products) packages += product.packages.size();
  }
  // A statement that names no product has one all the same: what the document is attached to.
  Require(named <= limits::kVexProducts + statements.size() && packages <= limits::kVexProducts);
}

void RequireFound(const policy::VexDocument& document) {
  for (const VexStatement& statement : document.statements()) {
    const auto naming = document.Naming(statement.names.front());
    Require(std::ranges::find(naming, &statement) != naming.end());
  }
}

void RequireHonestSuppression(const policy::VexDocument& document) {
  static const auto kImage = ImageReference::Parse("registry.example/acme/app@sha256:" + std::string(64, 'a')).value();
  static const auto kManifest = Digest::Parse("sha256:" + std::string(64, 'b')).value();
  policy::FindingView finding;
  finding.id = "CVE-2024-0001";
  finding.aliases = "GHSA-aaaa-bbbb-cccc";
  finding.package = "pkg:deb/debian/openssl@3.0.11-1";
  finding.version = "3.0.11-1";
  const policy::SignedVex source{&document, "acme", std::nullopt};
  const policy::VexTarget target{kImage, *kImage.digest, kManifest, "linux/amd64", finding};
  policy::Budget budget;
  const auto suppression = policy::FindSuppression(std::span(&source, 1), target, kNow, budget);
  if (!suppression) return;
  const VexStatement& statement = *suppression->statement;
  Require(statement.Suppresses() && policy::IsAbout(statement, target) == policy::Truth::kYes);
  Require(std::ranges::any_of(statement.names, [&](const std::string& name) { return finding.HasName(name); }));
  Require(!statement.timestamp || *statement.timestamp <= kNow + policy::kClockSkew);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::string_view type : policy::kVexPredicateTypes) {
    const auto document = verify::ReadVex(type, Text(data, size));
    if (!document) {
      Require(document.error().step == verify::Step::kPredicate);
      RequireOneLine(document.error().message);
      continue;
    }
    RequireBounds(*document);
    for (const VexStatement& statement : document->statements()) RequireReason(statement, document->format());
    RequireFound(*document);
    RequireHonestSuppression(*document);
  }
  return 0;
}
