// The functions behind the kinds that stand on keys, certificates, timestamps and statements; the table is in core_kinds.cpp.
#pragma once

#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {

verify::Checked<void> RunLeafPemParse(const Vector& vector);
verify::Checked<void> RunIsCa(const Vector& vector);
verify::Checked<void> RunIsRootCa(const Vector& vector);
verify::Checked<void> RunIsLeaf(const Vector& vector);

}  // namespace hullwright::vectors
