// What a certificate transparency log signs of a certificate: the to-be-signed part as it was before the log's promise stood in it.
// Source: RFC 6962 section 3.2.
//
// Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "verify/failure.h"

namespace hullwright::verify {

inline constexpr std::string_view kCertificateTimestampListOid = "1.3.6.1.4.1.11129.2.4.2";
inline constexpr std::string_view kPrecertificatePoisonOid = "1.3.6.1.4.1.11129.2.4.3";

// tbsCertificate of the certificate in DER, without the list of timestamps and the poison, all other bytes as they are. Nothing else of
// the certificate is judged: a log also holds those whose keys nobody here would accept. kParse: no certificate.
Checked<std::string> PrecertificateBody(std::string_view der);

}  // namespace hullwright::verify
