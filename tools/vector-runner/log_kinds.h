// The functions behind the kinds that stand on transparency logs; the table is in log_kinds.cpp.
#pragma once

#include <vector>

#include "tools/vector-runner/runner.h"
#include "verify/bundle_verification.h"
#include "verify/trusted_root.h"

namespace hullwright::vectors {

// transparency_log_kinds.cpp
verify::Checked<void> RunInclusion(const Vector& vector);
verify::Checked<void> RunCheckpointBody(const Vector& vector);
verify::Checked<void> RunSet(const Vector& vector);
verify::Checked<void> RunSetMatch(const Vector& vector);
verify::Checked<void> RunTufRootUpdate(const Vector& vector);

// sigstore_bundle_kind.cpp
verify::Checked<void> RunSigstoreBundle(const Vector& vector);

// cosign_kinds.cpp
verify::Checked<void> RunCosignImage(const Vector& vector);
verify::Checked<void> RunCosignLayer(const Vector& vector);

// What several of them read. The window of a key that the case does not limit is all of time.
verify::Checked<std::vector<verify::TransparencyLog>> ReadLogs(const Vector& vector);
verify::Checked<std::vector<verify::TrustedKey>> ReadKeys(const Vector& vector);
verify::Checked<verify::TrustedRoot> ReadTrustedRoot(const Vector& vector);  // nothing trusted when the case names none

}  // namespace hullwright::vectors
