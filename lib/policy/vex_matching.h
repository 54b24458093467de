// Which VEX statement, if any, takes a finding of an image away.
//
// Three-valued, like forbid.h, and to the safe side: a statement that only may be about the finding never takes it away, and may keep a
// milder one from doing so. Of all that are about a finding the latest holds; of the same time the strictest. Only fixed and not_affected
// take a finding away.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/image_reference.h"
#include "policy/budget.h"
#include "policy/forbid.h"
#include "policy/scan_record.h"
#include "policy/vex.h"

namespace hullwright::policy {

// A finding, and where it was found.
struct VexTarget {
  const ImageReference& image;  // the name that is judged
  const Digest& digest;         // of the image that is judged: of an index, where it is one
  const Digest& manifest;       // of the platform's manifest that was scanned
  std::string_view platform;    // "linux/arm64/v8", "" when not known
  const FindingView& finding;
};

// Whether the statement is about the image: that it bears the image's name is taken as enough only of a publisher whose own the image is,
// which is the caller's to see to.
Truth IsAbout(const VexImage& named, const VexTarget& target);
// What the statement's package URL does not say (version, qualifiers) may be anything.
Truth IsAbout(const VexPackage& named, const FindingView& finding);
// By the finding's own id or every alias it has kYes; by one of them kUnknown, since an advisory may stand for several vulnerabilities.
Truth IsAbout(const VexStatement& statement, const VexTarget& target);

// A document that a publisher signed. Neither owned.
struct SignedVex {
  const VexDocument* document;
  std::string_view publisher;
  std::optional<Time> signed_at;  // what statements without a time have; nullopt: not known
};

// What takes a finding away, pointing into its document.
struct Suppression {
  const VexStatement* statement;
  const VexDocument* document;
  std::string_view publisher;
};

// nullopt: the finding stays. A statement that is dated in the future takes nothing away, and one whose time nobody knows is the oldest.
// The statements that name the finding are paid for; beyond the budget nothing takes it away.
std::optional<Suppression> FindSuppression(std::span<const SignedVex> documents, const VexTarget& target, Time now, Budget& budget);

}  // namespace hullwright::policy
