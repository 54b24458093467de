// Notary Project signatures in JWS.
#include "base/base64.h"
#include "fuzz/notation_envelope_fuzz.h"

using namespace hullwright;
using namespace hullwright::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto envelope = verify::DecodeNotationJws(Text(data, size));
  if (!envelope) {
    RequireOneLine(envelope.error().message);
    return 0;
  }
  CheckForm(*envelope);
  // RFC 7515 section 5.1, from what was decoded.
  const auto url = [](std::string_view bytes) { return EncodeBase64(bytes, Base64Form::kUrlUnpadded); };
  Require(envelope->signed_bytes == url(envelope->protected_bytes) + "." + url(envelope->payload));
  CheckTrust("application/jose+json", Text(data, size), *envelope);
  return 0;
}
