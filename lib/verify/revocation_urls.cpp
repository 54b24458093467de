// Where a certificate says that its revocation is told.
#include <fmt/format.h>

#include <optional>

#include "verify/crl.h"
#include "verify/der.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kCrlDistributionPoints = "2.5.29.31";
constexpr std::string_view kFreshestCrl = "2.5.29.46";
constexpr std::string_view kAuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
constexpr std::size_t kMaxUrls = 64;

using AccessDescriptions = openssl::Handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>;

std::unexpected<Failure> Malformed(std::string_view what) {
  return Reject(Step::kParse, fmt::format("{} is malformed", what));
}

// GeneralNames: those of the choice uniformResourceIdentifier [6]; the others are told from them by their tag and not looked into.
bool AddNames(std::string_view names, std::vector<std::string>& urls) {
  while (!names.empty()) {
    const auto name = TakeDer(names);
    if (!name || name->IsUniversal()) return false;
    if (name->Is(6, V_ASN1_CONTEXT_SPECIFIC) && !name->content.empty()) urls.emplace_back(name->content);
  }
  return true;
}

// DistributionPoint: [0] is the DistributionPointName, whose [0] is fullName; a name relative to the issuer ([1]) is no URL.
bool AddPoint(std::string_view point, std::vector<std::string>& urls) {
  while (!point.empty()) {
    const auto field = TakeDer(point);
    if (!field || field->IsUniversal()) return false;
    if (!field->Is(0, V_ASN1_CONTEXT_SPECIFIC)) continue;
    std::string_view inside = field->content;
    const auto name = TakeDer(inside);
    if (!name || !inside.empty() || name->IsUniversal() || !name->constructed) return false;
    if (name->Is(0, V_ASN1_CONTEXT_SPECIFIC) && !AddNames(name->content, urls)) return false;
  }
  return true;
}

Checked<std::vector<std::string>> PointUrls(const Certificate& certificate, std::string_view oid) {
  const Extension* extension = certificate.FindExtension(oid);
  return extension == nullptr ? std::vector<std::string>{} : ReadDistributionPoints(extension->value);
}

void AddUrl(const GENERAL_NAME* name, std::vector<std::string>& urls) {
  if (name->type != GEN_URI) return;
  const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
  if (ASN1_STRING_length(uri) > 0)
    urls.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)), static_cast<std::size_t>(ASN1_STRING_length(uri)));
}

}  // namespace

Checked<std::vector<std::string>> ReadDistributionPoints(std::string_view extension) {
  const openssl::ErrorQueueGuard guard;
  std::vector<std::string> urls;
  const auto list = TakeDer(extension);
  if (!list || !list->Is(V_ASN1_SEQUENCE) || !extension.empty()) return Malformed("a list of distribution points");
  std::string_view points = list->content;
  while (!points.empty()) {
    const auto point = TakeDer(points);
    if (!point || !point->Is(V_ASN1_SEQUENCE) || !AddPoint(point->content, urls)) return Malformed("a distribution point");
    if (urls.size() > kMaxUrls) return Reject(Step::kLimit, fmt::format("more than {} URLs of revocation lists", kMaxUrls));
  }
  return urls;
}

Checked<std::vector<std::string>> CrlUrls(const Certificate& certificate) {
  return PointUrls(certificate, kCrlDistributionPoints);
}

Checked<std::vector<std::string>> FreshestCrlUrls(const Certificate& certificate) {
  return PointUrls(certificate, kFreshestCrl);
}

Checked<std::vector<std::string>> OcspUrls(const Certificate& certificate) {
  std::vector<std::string> urls;
  const Extension* extension = certificate.FindExtension(kAuthorityInfoAccess);
  if (extension == nullptr) return urls;
  const openssl::ErrorQueueGuard guard;
  const unsigned char* at = openssl::Data(extension->value);
  const AccessDescriptions accesses(d2i_AUTHORITY_INFO_ACCESS(nullptr, &at, static_cast<long>(extension->value.size())));
  if (!accesses || at != openssl::Data(extension->value) + extension->value.size()) return Malformed("authorityInfoAccess");
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(accesses.get()); ++i) {
    const ACCESS_DESCRIPTION* access = sk_ACCESS_DESCRIPTION_value(accesses.get(), i);
    if (OBJ_obj2nid(access->method) == NID_ad_OCSP) AddUrl(access->location, urls);
  }
  if (urls.size() > kMaxUrls) return Reject(Step::kLimit, fmt::format("authorityInfoAccess has {} URLs", urls.size()));
  return urls;
}

}  // namespace hullwright::verify
