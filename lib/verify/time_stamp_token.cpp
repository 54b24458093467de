#include "verify/time_stamp_token.h"

#include <fmt/format.h>
#include <openssl/cms.h>
#include <openssl/ts.h>

#include <ctime>

#include "base/rfc3339.h"
#include "verify/limits.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kInfoOid = "1.2.840.113549.1.9.16.1.4";  // id-ct-TSTInfo

void FreeCertificates(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}

using Cms = openssl::Handle<CMS_ContentInfo, CMS_ContentInfo_free>;
using Info = openssl::Handle<TS_TST_INFO, TS_TST_INFO_free>;
using Response = openssl::Handle<TS_RESP, TS_RESP_free>;
using Certificates = openssl::Handle<STACK_OF(X509), FreeCertificates>;

std::unexpected<Failure> Malformed(std::string_view what) {
  return Reject(Step::kParse, fmt::format("the time-stamp token is malformed: {}", what));
}

Checked<Cms> DecodeCms(std::string_view der) {
  if (der.size() > limits::kTimeStampTokenBytes) return Reject(Step::kLimit, "the time-stamp token is longer than 256 KiB");
  const unsigned char* at = openssl::Data(der);
  Cms cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  if (!cms) return Malformed("not CMS in DER");
  if (at != openssl::Data(der) + der.size()) return Malformed("there are bytes behind it");
  if (OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return Malformed("it is no CMS SignedData");
  if (openssl::ToText(CMS_get0_eContentType(cms.get())) != kInfoOid) return Malformed("it signs something else than TSTInfo");
  return cms;
}

Checked<Info> DecodeInfo(CMS_ContentInfo* cms) {
  ASN1_OCTET_STRING** content = CMS_get0_content(cms);
  if (content == nullptr || *content == nullptr) return Malformed("it has no content");
  const unsigned char* at = ASN1_STRING_get0_data(*content);
  const unsigned char* end = at + ASN1_STRING_length(*content);
  Info info(d2i_TS_TST_INFO(nullptr, &at, end - at));
  if (!info || at != end) return Malformed("TSTInfo is not in DER");
  if (TS_TST_INFO_get_version(info.get()) != 1) return Reject(Step::kUnsupported, "the time-stamp token is not of version 1");
  return info;
}

// genTime with its fraction: OpenSSL's tm has whole seconds.
Checked<Time> ReadTime(const TS_TST_INFO* info) {
  const ASN1_GENERALIZEDTIME* value = TS_TST_INFO_get_time(info);
  std::tm tm{};
  if (value == nullptr || ASN1_TIME_to_tm(value, &tm) != 1) return Malformed("genTime is no time");
  const auto day = std::chrono::year(tm.tm_year + 1900) / std::chrono::month(static_cast<unsigned>(tm.tm_mon) + 1) /
                   std::chrono::day(static_cast<unsigned>(tm.tm_mday));
  Time time =
      std::chrono::sys_days(day) + std::chrono::hours(tm.tm_hour) + std::chrono::minutes(tm.tm_min) + std::chrono::seconds(tm.tm_sec);
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                              static_cast<std::size_t>(ASN1_STRING_length(value)));
  const auto point = text.find('.');
  if (point == std::string_view::npos) return time;
  int scale = 100;
  for (const char digit : text.substr(point + 1)) {
    if (digit < '0' || digit > '9') break;
    time += std::chrono::milliseconds(scale * (digit - '0'));
    scale /= 10;
  }
  return time;
}

std::chrono::milliseconds ReadAccuracy(TS_TST_INFO* info) {
  const TS_ACCURACY* accuracy = TS_TST_INFO_get_accuracy(info);
  if (accuracy == nullptr) return {};
  const auto number = [](const ASN1_INTEGER* value) -> std::int64_t { return value == nullptr ? 0 : ASN1_INTEGER_get(value); };
  return std::chrono::seconds(number(TS_ACCURACY_get_seconds(accuracy))) +
         std::chrono::milliseconds(number(TS_ACCURACY_get_millis(accuracy))) +
         std::chrono::milliseconds(number(TS_ACCURACY_get_micros(accuracy)) > 0 ? 1 : 0);
}

struct Imprint {
  HashAlgorithm hash;
  std::string digest;
};

Checked<Imprint> ReadImprint(TS_TST_INFO* info) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  const ASN1_OCTET_STRING* digest = TS_MSG_IMPRINT_get_msg(imprint);
  const std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(digest)),
                          static_cast<std::size_t>(ASN1_STRING_length(digest)));
  for (const HashAlgorithm hash : {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512}) {
    if (OBJ_obj2nid(algorithm) != EVP_MD_get_type(MessageDigest(hash))) continue;
    if (bytes.size() != Size(hash)) return Malformed("the imprint has not the length of its hash");
    return Imprint{hash, bytes};
  }
  return Reject(Step::kAlgorithm, "the imprint of the time-stamp token is not SHA-256, SHA-384 or SHA-512");
}

// What cannot be a signer here (an unknown key, a malformed certificate) is of no use and left out; it is untrusted ballast.
Checked<std::vector<Certificate>> ReadCertificates(CMS_ContentInfo* cms) {
  const Certificates stack(CMS_get1_certs(cms));
  const int count = stack ? sk_X509_num(stack.get()) : 0;
  if (count > static_cast<int>(limits::kCertificatesPerChain)) {
    return Reject(Step::kLimit,
                  fmt::format("the time-stamp token carries {} certificates, at most {} are read", count, limits::kCertificatesPerChain));
  }
  std::vector<Certificate> certificates;
  for (int i = 0; i < count; ++i) {
    auto certificate = Certificate::FromDer(openssl::Encode<const X509>(i2d_X509, sk_X509_value(stack.get(), i)));
    if (certificate) certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

}  // namespace

Checked<TimeStampToken> TimeStampToken::FromToken(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  const auto cms = DecodeCms(der);
  if (!cms) return std::unexpected(cms.error());
  const auto info = DecodeInfo(cms->get());
  if (!info) return std::unexpected(info.error());
  const auto time = ReadTime(info->get());
  if (!time) return std::unexpected(time.error());
  auto imprint = ReadImprint(info->get());
  if (!imprint) return std::unexpected(imprint.error());
  auto certificates = ReadCertificates(cms->get());
  if (!certificates) return std::unexpected(certificates.error());
  return TimeStampToken(std::make_shared<const Content>(
      Content{*time, ReadAccuracy(info->get()), imprint->hash, std::move(imprint->digest), std::move(*certificates), std::string(der)}));
}

Checked<TimeStampToken> TimeStampToken::FromResponse(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  if (der.size() > limits::kTimeStampTokenBytes) return Reject(Step::kLimit, "the time-stamp response is longer than 256 KiB");
  const unsigned char* at = openssl::Data(der);
  const Response response(d2i_TS_RESP(nullptr, &at, static_cast<long>(der.size())));
  if (!response) return Reject(Step::kParse, "not a time-stamp response (RFC 3161) in DER");
  if (at != openssl::Data(der) + der.size()) return Reject(Step::kParse, "there are bytes behind the time-stamp response");
  const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response.get())));
  if (status != TS_STATUS_GRANTED && status != TS_STATUS_GRANTED_WITH_MODS) {
    return Reject(Step::kTimestamp, fmt::format("the time-stamp authority refused (status {})", status));
  }
  PKCS7* token = TS_RESP_get_token(response.get());
  if (token == nullptr) return Reject(Step::kTimestamp, "the time-stamp response has no token");
  return FromToken(openssl::Encode<const PKCS7>(i2d_PKCS7, token));
}

}  // namespace hullwright::verify
