#include "verify/certificate_timestamp.h"

#include <fmt/format.h>
#include <openssl/asn1.h>

#include <set>

#include "base/rfc3339.h"
#include "verify/limits.h"
#include "verify/openssl.h"
#include "verify/tls_reader.h"

namespace hullwright::verify {
namespace {

// TLS 1.2 numbers of RFC 5246 section 7.4.1.4.1.
constexpr std::uint8_t kTlsSha256 = 4;
constexpr std::uint8_t kTlsRsa = 1;
constexpr std::uint8_t kTlsEcdsa = 3;

std::string TlsVector24(std::string_view bytes) {
  constexpr std::size_t kLengthBytes = 3;
  return TlsInteger(bytes.size(), kLengthBytes) + std::string(bytes);
}

// Version 1, signature type or leaf type 0, then what signature and leaf hash have in common.
Checked<std::string> TimestampedEntry(const CertificateTimestamp& timestamp, const LoggedCertificate& logged) {
  const bool precertificate = logged.kind == LoggedCertificate::kPrecertificate;
  const auto body = precertificate ? PrecertificateBody(logged.der) : Checked<std::string>(logged.der);
  if (!body) return body;
  return std::string(2, '\0') + TlsInteger(timestamp.milliseconds, 8) + TlsInteger(precertificate ? 1 : 0, 2) +
         (precertificate ? logged.issuer_key_hash : std::string()) + TlsVector24(*body) + TlsInteger(timestamp.extensions.size(), 2) +
         timestamp.extensions;
}

Checked<SignatureAlgorithm> AlgorithmOf(const CertificateTimestamp& timestamp, const PublicKey& key) {
  if (timestamp.hash == kTlsSha256 && timestamp.scheme == kTlsEcdsa && key.is_ecdsa())
    return SignatureAlgorithm{Scheme::kEcdsa, HashAlgorithm::kSha256};
  if (timestamp.hash == kTlsSha256 && timestamp.scheme == kTlsRsa && key.type() == KeyType::kRsa) {
    return SignatureAlgorithm{Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256};
  }
  return Reject(Step::kCertificateLog, fmt::format("the SCT's algorithm (hash {}, signature {}) is not SHA-256 with the log's {} key",
                                                   timestamp.hash, timestamp.scheme, ToString(key.type())));
}

// The content of an OCTET STRING in DER, which ends its encoding.
std::optional<std::string_view> OctetsOf(std::string_view der) {
  const openssl::ErrorQueueGuard guard;
  const unsigned char* at = openssl::Data(der);
  const openssl::OctetString octets(d2i_ASN1_OCTET_STRING(nullptr, &at, static_cast<long>(der.size())));
  // OpenSSL also reads strings in pieces and lengths longer than needed.
  if (!octets || openssl::Encode<const ASN1_OCTET_STRING>(i2d_ASN1_OCTET_STRING, octets.get()) != der) return std::nullopt;
  return der.substr(der.size() - static_cast<std::size_t>(ASN1_STRING_length(octets.get())));
}

std::optional<std::string_view> ListOf(std::string_view extension) {
  const auto octets = OctetsOf(extension);
  if (!octets) return std::nullopt;
  TlsReader reader(*octets);
  const auto list = reader.Vector16();
  return list && reader.AtEnd() ? list : std::nullopt;
}

}  // namespace

Time CertificateTimestamp::time() const {
  return Time(std::chrono::milliseconds(milliseconds));
}

Checked<CertificateTimestamp> CertificateTimestamp::Parse(std::string_view bytes) {
  constexpr std::size_t kIdBytes = 32;
  constexpr std::uint64_t kMaxMilliseconds = 253402300800000;  // year 10000
  TlsReader reader(bytes);
  const auto version = reader.Integer(1);
  const auto id = reader.Take(kIdBytes);
  const auto milliseconds = reader.Integer(8);
  const auto extensions = reader.Vector16();
  const auto hash = reader.Integer(1);
  const auto scheme = reader.Integer(1);
  const auto signature = reader.Vector16();
  if (!version || !id || !milliseconds || !extensions || !hash || !scheme || !signature || !reader.AtEnd()) {
    return Reject(Step::kParse, "a certificate timestamp (SCT) is malformed");
  }
  if (*version != 0)
    return Reject(Step::kUnsupported, fmt::format("a certificate timestamp (SCT) of version {}, only 0 (v1) is known", *version));
  if (*milliseconds >= kMaxMilliseconds) return Reject(Step::kParse, "a certificate timestamp (SCT) is of no time");
  return CertificateTimestamp{
      std::string(*id),       *milliseconds, std::string(*extensions), static_cast<std::uint8_t>(*hash), static_cast<std::uint8_t>(*scheme),
      std::string(*signature)};
}

Checked<std::vector<CertificateTimestamp>> ParseCertificateTimestampList(std::string_view extension) {
  const auto list = ListOf(extension);
  if (!list || list->empty()) return Reject(Step::kParse, "the certificate's list of timestamps (SCT) is malformed");
  std::vector<CertificateTimestamp> timestamps;
  for (TlsReader reader(*list); !reader.AtEnd();) {
    const auto bytes = reader.Vector16();
    if (!bytes) return Reject(Step::kParse, "the certificate's list of timestamps (SCT) is malformed");
    if (timestamps.size() == limits::kCertificateTimestampsPerList) {
      return Reject(Step::kLimit, fmt::format("the certificate has more than {} timestamps (SCT)", limits::kCertificateTimestampsPerList));
    }
    auto timestamp = CertificateTimestamp::Parse(*bytes);
    if (!timestamp) return std::unexpected(timestamp.error());
    timestamps.push_back(std::move(*timestamp));
  }
  return timestamps;
}

Checked<std::vector<CertificateTimestamp>> EmbeddedCertificateTimestamps(const Certificate& leaf) {
  const Extension* extension = leaf.FindExtension(kCertificateTimestampListOid);
  if (extension == nullptr) return Reject(Step::kCertificateLog, "the certificate has no embedded certificate timestamp (SCT)");
  return ParseCertificateTimestampList(extension->value);
}

Checked<std::string> LogLeafHash(const CertificateTimestamp& timestamp, const LoggedCertificate& logged) {
  const auto entry = TimestampedEntry(timestamp, logged);
  if (!entry) return entry;
  return Sha256(std::string(1, '\0') + *entry);
}

Checked<void> VerifyCertificateTimestamp(const CertificateTimestamp& timestamp, const LoggedCertificate& logged,
                                         const TransparencyLog& log) {
  const std::string name = log.base_url.empty() ? log.key.Fingerprint() : log.base_url;
  if (timestamp.log_id != log.key.id()) return Reject(Step::kCertificateLog, fmt::format("the SCT is not of the log {}", name));
  if (!log.window.Contains(timestamp.time())) {
    return Reject(Step::kCertificateLog, fmt::format("the SCT is of {}, the key of the log {} is valid {}", FormatRfc3339(timestamp.time()),
                                                     name, ToString(log.window)));
  }
  const auto algorithm = AlgorithmOf(timestamp, log.key);
  if (!algorithm) return std::unexpected(algorithm.error());
  const auto entry = TimestampedEntry(timestamp, logged);
  if (!entry) return std::unexpected(entry.error());
  if (VerifySignature(log.key, *algorithm, *entry, timestamp.signature)) return {};
  return Reject(Step::kCertificateLog, fmt::format("the SCT of the log {} does not verify for this certificate", name));
}

Checked<void> RequireCertificateTimestamps(const Certificate& leaf, const Certificate& issuer, const std::vector<TransparencyLog>& logs,
                                           std::size_t threshold) {
  if (threshold == 0) return {};
  const auto timestamps = EmbeddedCertificateTimestamps(leaf);
  if (!timestamps) return std::unexpected(timestamps.error());
  const LoggedCertificate logged{LoggedCertificate::kPrecertificate, leaf.der(), issuer.public_key().id()};
  std::set<std::string_view> promised;  // ids of logs: each counts once
  std::string last = "none of the certificate's timestamps (SCT) is of a trusted log";
  for (const CertificateTimestamp& timestamp : *timestamps) {
    for (const TransparencyLog& log : logs) {
      if (log.key.id() != timestamp.log_id) continue;
      const auto verified = VerifyCertificateTimestamp(timestamp, logged, log);
      if (verified) promised.insert(timestamp.log_id);
      if (!verified) last = verified.error().message;
    }
  }
  if (promised.size() >= threshold) return {};
  return Reject(Step::kCertificateLog,
                fmt::format("{} of {} wanted certificate logs promised the certificate: {}", promised.size(), threshold, last));
}

}  // namespace hullwright::verify
