// Lists of certificate timestamps (SCT) as certificates embed them: what is read is written again as the same bytes; the log of strangers
// promised nothing, ours the certificate of the seeds at one time.
#include <fmt/format.h>

#include "base/rfc3339.h"
#include "fuzz/fuzzing.h"
#include "verify/certificate_timestamp.h"
#include "verify/limits.h"
#include "verify/tls_reader.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;
using namespace hullwright::verify;

std::string Written(const CertificateTimestamp& timestamp) {
  return std::string(1, '\0') + timestamp.log_id + TlsInteger(timestamp.milliseconds, 8) + TlsInteger(timestamp.extensions.size(), 2) +
         timestamp.extensions + TlsInteger(timestamp.hash, 1) + TlsInteger(timestamp.scheme, 1) +
         TlsInteger(timestamp.signature.size(), 2) + timestamp.signature;
}

// The list without the OCTET STRING around it.
std::string Written(const std::vector<CertificateTimestamp>& timestamps) {
  std::string list;
  for (const CertificateTimestamp& timestamp : timestamps) {
    const std::string text = Written(timestamp);
    list += TlsInteger(text.size(), 2) + text;
  }
  return TlsInteger(list.size(), 2) + list;
}

struct Logged {
  std::string leaf = Kept("leaf.der");
  std::string issuer = Kept("issuer-key-hash");
  Time time = ParseRfc3339(Kept("time")).value();
  TransparencyLog ours = TrustedRoot::Parse(Kept("our-root.json"))->certificate_logs.front();
  TransparencyLog stranger = TrustedRoot::Parse(Kept("stranger-root.json"))->certificate_logs.front();
};

void CheckPromise(const CertificateTimestamp& timestamp) {
  static const Logged logged;
  const LoggedCertificate certificate{LoggedCertificate::kPrecertificate, logged.leaf, logged.issuer};
  const auto refused = VerifyCertificateTimestamp(timestamp, certificate, logged.stranger);
  Require(!refused.has_value());
  RequireOneLine(refused.error().message);
  if (VerifyCertificateTimestamp(timestamp, certificate, logged.ours)) {
    Require(timestamp.time() == logged.time && timestamp.extensions.empty() && timestamp.log_id == logged.ours.key.id());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view extension = Text(data, size);
  const auto timestamps = ParseCertificateTimestampList(extension);
  if (!timestamps) {
    RequireOneLine(timestamps.error().message);
    return 0;
  }
  Require(!timestamps->empty() && timestamps->size() <= limits::kCertificateTimestampsPerList);
  const std::string written = Written(*timestamps);
  // One byte of tag and one to three of length, in DER.
  const std::size_t head = written.size() < 0x80 ? 2 : written.size() < 0x100 ? 3 : 4;
  Require(extension.substr(head) == written);
  for (const CertificateTimestamp& timestamp : *timestamps) CheckPromise(timestamp);
  return 0;
}
