// RFC 3161 responses and bare tokens: what is read is within its bounds and reads again as the same; the authority of strangers stamped
// nothing, ours one message at one time.
#include "base/rfc3339.h"
#include "fuzz/fuzzing.h"
#include "verify/limits.h"
#include "verify/time_stamp_token.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;
using namespace hullwright::verify;

struct Stamped {
  std::string message = Kept("stamped-message");
  Time time = ParseRfc3339(Kept("time")).value();
  std::vector<CertificateAuthority> ours = TrustedRoot::Parse(Kept("our-root.json"))->timestamp_authorities;
  std::vector<CertificateAuthority> stranger = TrustedRoot::Parse(Kept("stranger-root.json"))->timestamp_authorities;
};

void CheckForm(const TimeStampToken& token) {
  Require(token.bytes().size() <= limits::kTimeStampTokenBytes && token.certificates().size() <= limits::kCertificatesPerChain);
  Require(token.imprint().size() == Size(token.imprint_hash()));
  const auto again = TimeStampToken::FromToken(token.bytes());
  Require(again && again->time() == token.time() && again->imprint() == token.imprint() && again->accuracy() == token.accuracy());
}

void CheckTrust(const TimeStampToken& token) {
  static const Stamped stamped;
  const auto refused = VerifyTimeStamp(token, stamped.message, stamped.stranger);
  Require(!refused.has_value());
  RequireOneLine(refused.error().message);
  const auto stamp = VerifyTimeStamp(token, stamped.message, stamped.ours);
  if (!stamp) return RequireOneLine(stamp.error().message);
  Require(stamp->stamp.time == stamped.time && stamp->stamp.accuracy >= std::chrono::milliseconds(0) && stamp->authority == 0);
  Require(!VerifyTimeStamp(token, stamped.message + "x", stamped.ours));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto read : {TimeStampToken::FromResponse, TimeStampToken::FromToken}) {
    const auto token = read(Text(data, size));
    if (!token) {
      RequireOneLine(token.error().message);
      continue;
    }
    CheckForm(*token);
    CheckTrust(*token);
  }
  return 0;
}
