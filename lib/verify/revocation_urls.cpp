// Where a certificate says that its revocation is told.
#include <fmt/format.h>

#include "verify/crl.h"
#include "verify/limits.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kCrlDistributionPoints = "2.5.29.31";
constexpr std::string_view kFreshestCrl = "2.5.29.46";
constexpr std::string_view kAuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
constexpr std::size_t kMaxUrls = 64;

using DistributionPoints = openssl::Handle<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using AccessDescriptions = openssl::Handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>;

void AddUrl(const GENERAL_NAME* name, std::vector<std::string>& urls) {
  if (name->type != GEN_URI) return;
  const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)), static_cast<std::size_t>(ASN1_STRING_length(uri)));
  if (!text.empty()) urls.emplace_back(text);
}

template <class T>
Checked<T> Decode(const Extension& extension, auto* decode) {
  const openssl::ErrorQueueGuard guard;
  const unsigned char* at = openssl::Data(extension.value);
  const unsigned char* const end = at + extension.value.size();
  T value(decode(nullptr, &at, static_cast<long>(extension.value.size())));
  if (!value || at != end) return Reject(Step::kParse, fmt::format("extension {} is malformed", extension.oid));
  return value;
}

Checked<std::vector<std::string>> PointUrls(const Certificate& certificate, std::string_view oid) {
  std::vector<std::string> urls;
  const Extension* extension = certificate.FindExtension(oid);
  if (extension == nullptr) return urls;
  const auto points = Decode<DistributionPoints>(*extension, d2i_CRL_DIST_POINTS);
  if (!points) return std::unexpected(points.error());
  for (int i = 0; i < sk_DIST_POINT_num(points->get()); ++i) {
    const DIST_POINT_NAME* name = sk_DIST_POINT_value(points->get(), i)->distpoint;
    if (name == nullptr || name->type != 0) continue;  // a name relative to the issuer is no URL
    for (int k = 0; k < sk_GENERAL_NAME_num(name->name.fullname); ++k) AddUrl(sk_GENERAL_NAME_value(name->name.fullname, k), urls);
  }
  if (urls.size() > kMaxUrls) return Reject(Step::kLimit, fmt::format("extension {} has {} URLs", oid, urls.size()));
  return urls;
}

}  // namespace

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
  const auto accesses = Decode<AccessDescriptions>(*extension, d2i_AUTHORITY_INFO_ACCESS);
  if (!accesses) return std::unexpected(accesses.error());
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(accesses->get()); ++i) {
    const ACCESS_DESCRIPTION* access = sk_ACCESS_DESCRIPTION_value(accesses->get(), i);
    if (OBJ_obj2nid(access->method) == NID_ad_OCSP) AddUrl(access->location, urls);
  }
  if (urls.size() > kMaxUrls) return Reject(Step::kLimit, fmt::format("authorityInfoAccess has {} URLs", urls.size()));
  return urls;
}

}  // namespace hullwright::verify
