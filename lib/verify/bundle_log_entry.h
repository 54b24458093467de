// A log entry as bundles write it (protobuf-specs sigstore_rekor.proto). For the .cpp files of this layer.
#pragma once

#include "base/json.h"
#include "verify/failure.h"
#include "verify/log_entry.h"

namespace hullwright::verify {

// Strict; an inclusion proof may lack its checkpoint, which is for the bundle's version to judge. An integrated time of zero is none, as
// protobuf means it.
Checked<LogEntry> ReadBundleLogEntry(JsonElement element);

}  // namespace hullwright::verify
