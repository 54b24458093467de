#include "policy/vex.h"

#include <utility>

#include "base/image_reference.h"

namespace hullwright::policy {
namespace {

std::string LastSegment(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

void AddName(std::string_view text, std::vector<std::string>& names) {
  const auto reference = ImageReference::Parse(text);
  if (reference && !reference->digest && reference->tag_defaulted) names.push_back(reference->Name());
}

// purl-spec, type oci: the version is a digest; repository_url is, by whoever wrote it, the whole name or what stands before its last
// segment.
VexImage ImageOfPackageUrl(const PackageUrl& url) {
  VexImage image{
      .kind = VexImage::Kind::kNamed, .digest = {}, .names = {}, .last_segment = std::string(url.Name()), .tag = {}, .architecture = {}};
  if (const auto digest = Digest::Parse(url.version))
    image.digest = *digest;
  else
    image.tag = url.version;
  if (const std::string* tag = url.Qualifier("tag"); tag != nullptr && !image.digest) image.tag = *tag;
  if (const std::string* architecture = url.Qualifier("arch")) image.architecture = *architecture;
  if (const std::string* repository = url.Qualifier("repository_url")) {
    if (LastSegment(*repository) == image.last_segment) AddName(*repository, image.names);
    AddName(*repository + "/" + image.last_segment, image.names);
    if (image.names.empty() && !image.digest) image.kind = VexImage::Kind::kOther;  // it cannot be read
  }
  return image;
}

// Any word is a reference to a runtime ("debian"), so one without a digest must say its host to be taken for an image's name.
bool LooksLikeReference(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('/'));
  const bool has_host =
      first.size() < text.size() && (first.find('.') != std::string_view::npos || first.find(':') != std::string_view::npos);
  return has_host || text.find("@sha256:") != std::string_view::npos;
}

std::vector<NameIndex::Entry> NamesOfStatements(const std::vector<VexStatement>& statements) {
  std::vector<NameIndex::Entry> names;
  names.reserve(statements.size());
  for (std::uint32_t i = 0; i < statements.size(); ++i)
    for (const std::string& name : statements[i].names) names.push_back({name, i});
  return names;
}

}  // namespace

std::string_view ToString(VexStatus status) {
  switch (status) {
    case VexStatus::kFixed:
      return "fixed";
    case VexStatus::kNotAffected:
      return "not_affected";
    case VexStatus::kUnderInvestigation:
      return "under_investigation";
    case VexStatus::kAffected:
      return "affected";
  }
  return "";
}

VexImage VexImage::Parse(std::string_view text) {
  if (const auto url = PackageUrl::Parse(text); url && url->Type() == "oci") return ImageOfPackageUrl(*url);
  VexImage image{.kind = Kind::kOther, .digest = {}, .names = {}, .last_segment = {}, .tag = {}, .architecture = {}};
  const auto reference = LooksLikeReference(text) ? ImageReference::Parse(text) : Fail(ErrorCode::kInvalidInput, "no image");
  if (!reference) return image;
  image.kind = Kind::kNamed;
  image.digest = reference->digest;
  image.names = {reference->Name()};
  if (reference->tag && !reference->tag_defaulted && !reference->digest) image.tag = *reference->tag;
  return image;
}

VexDocument::VexDocument(std::string format, std::vector<VexStatement> statements)
    : format_(std::move(format)), statements_(std::move(statements)), names_(NamesOfStatements(statements_)) {}

std::vector<const VexStatement*> VexDocument::Naming(std::string_view vulnerability) const {
  std::vector<const VexStatement*> naming;
  for (const NameIndex::Entry& entry : names_.Find(vulnerability)) naming.push_back(&statements_[entry.position]);
  return naming;
}

}  // namespace hullwright::policy
