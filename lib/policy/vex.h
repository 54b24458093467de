// What publishers say of vulnerabilities in their images (VEX: Vulnerability Exploitability eXchange), in one form whatever the format of
// the document. verify/vex.h reads the documents; vex_matching.h says which findings a statement is about.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "policy/name_index.h"
#include "policy/package_url.h"

namespace hullwright::policy {

// Predicate types of attestations that are read as VEX documents (docs/decisions/0026-vex.md).
inline constexpr std::array<std::string_view, 4> kVexPredicateTypes = {
    "https://openvex.dev/ns",
    "https://openvex.dev/ns/v0.2.0",
    "https://cyclonedx.org/vex",
    "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json",
};

enum class VexStatus { kFixed, kNotAffected, kUnderInvestigation, kAffected };  // from the mildest to the strictest
std::string_view ToString(VexStatus status);                                    // "not_affected": OpenVEX's words

// Which image a statement is about.
struct VexImage {
  enum class Kind {
    kAttached,  // the one that the document is attached to
    kNamed,     // by digest or name, below
    kOther,     // something that names no image: a CPE, a package, an IRI. Whether this image is meant is not known
  };
  Kind kind = Kind::kAttached;
  std::optional<Digest> digest;    // decides alone: where an image of that digest is found says nothing about it
  std::vector<std::string> names;  // "registry.example/acme/app": one of these; empty: any
  std::string last_segment;        // "app": what every name of it ends in; "": anything
  std::string tag;                 // nobody can say what it named when the statement was made
  std::string architecture;        // "arm64"; "": every one

  // A package URL of type oci, with repository_url as the whole name or as what stands before the last segment; an image reference with a
  // digest or a host. Everything else is kOther.
  static VexImage Parse(std::string_view text);
};

// A package inside the image.
struct VexPackage {
  std::optional<PackageUrl> url;  // nullopt: named by something else, so which is not known

  static VexPackage Parse(std::string_view text) { return {PackageUrl::Parse(text)}; }
};

struct VexProduct {
  VexImage image;
  std::vector<VexPackage> packages = {};  // any of them; empty: whatever is in the image
};

struct VexStatement {
  std::vector<std::string> names;  // of the vulnerability: at least one, then its aliases
  VexStatus status = VexStatus::kUnderInvestigation;
  std::string justification;         // a word of the format, "" without one
  std::string text;                  // what people wrote to it, as it came
  std::optional<Time> timestamp;     // when it was true; nullopt: the document does not say
  std::vector<VexProduct> products;  // any of them; empty: nothing
  std::string defect = {};           // why it takes no finding away, although its status says so; "" in general

  bool Suppresses() const { return defect.empty() && (status == VexStatus::kFixed || status == VexStatus::kNotAffected); }
};

// Immutable.
class VexDocument {
 public:
  VexDocument(std::string format, std::vector<VexStatement> statements);

  const std::string& format() const { return format_; }  // "OpenVEX", "CycloneDX VEX", "CSAF VEX"
  const std::vector<VexStatement>& statements() const { return statements_; }

  // Those that name the vulnerability so, without case.
  std::vector<const VexStatement*> Naming(std::string_view vulnerability) const;
  // Of Naming, beside what it finds.
  std::uint64_t Comparisons() const { return names_.Comparisons(); }

 private:
  std::string format_;
  std::vector<VexStatement> statements_;
  NameIndex names_;  // positions in statements_
};

}  // namespace hullwright::policy
