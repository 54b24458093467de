#include "tools/vector-runner/kinds.h"
#include "verify/certificate.h"

namespace hullwright::vectors {
namespace {

Checked<void> Holds(const Vector& vector, Checked<void> (*predicate)(const verify::Certificate&)) {
  const auto certificate = verify::Certificate::FromPem(vector.ReadFileOf("file"));
  if (!certificate) return std::unexpected(certificate.error());
  return predicate(*certificate);
}

}  // namespace

Checked<void> RunLeafPemParse(const Vector& vector) {
  return Holds(vector, [](const verify::Certificate&) -> Checked<void> { return {}; });
}

Checked<void> RunIsCa(const Vector& vector) {
  return Holds(vector, verify::RequireCa);
}

Checked<void> RunIsRootCa(const Vector& vector) {
  return Holds(vector, verify::RequireRootCa);
}

Checked<void> RunIsLeaf(const Vector& vector) {
  return Holds(vector, verify::RequireCodeSigningLeaf);
}

}  // namespace hullwright::vectors
