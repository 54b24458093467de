#include "tools/vector-runner/kinds.h"
#include "verify/certificate.h"

namespace hullwright::vectors {
namespace {

verify::Checked<void> Holds(const Vector& vector, verify::Checked<void> (*predicate)(const verify::Certificate&)) {
  const auto certificate = verify::Certificate::FromPem(vector.ReadFileOf("file"));
  if (!certificate) return std::unexpected(certificate.error());
  return predicate(*certificate);
}

}  // namespace

verify::Checked<void> RunLeafPemParse(const Vector& vector) {
  return Holds(vector, [](const verify::Certificate&) -> verify::Checked<void> { return {}; });
}

verify::Checked<void> RunIsCa(const Vector& vector) {
  return Holds(vector, verify::RequireCa);
}

verify::Checked<void> RunIsRootCa(const Vector& vector) {
  return Holds(vector, verify::RequireRootCa);
}

verify::Checked<void> RunIsLeaf(const Vector& vector) {
  return Holds(vector, verify::RequireCodeSigningLeaf);
}

}  // namespace hullwright::vectors
