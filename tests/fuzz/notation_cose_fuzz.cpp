// CBOR, and Notary Project signatures in COSE: what is read was all of the bytes.
#include "fuzz/notation_envelope_fuzz.h"
#include "verify/cbor.h"

using namespace hullwright;
using namespace hullwright::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = verify::ReadCbor(Text(data, size));
  if (!value) RequireOneLine(value.error().message);
  if (value) Require(value->encoded == Text(data, size));
  const auto envelope = verify::DecodeNotationCose(Text(data, size));
  if (!envelope) {
    RequireOneLine(envelope.error().message);
    return 0;
  }
  Require(value.has_value());
  CheckForm(*envelope);
  Require(envelope->signed_bytes == verify::CoseSigStructure(envelope->protected_bytes, envelope->payload));
  CheckTrust("application/cose", Text(data, size), *envelope);
  return 0;
}
