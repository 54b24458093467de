// The one door to libarchive: files in memory become the bytes of a .tar.gz (POSIX.1-2001 pax, RFC 1952).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::cli {

struct ArchivedFile {
  std::string path;  // "logs/webhook.txt": relative, without ".."
  std::string bytes;
};

// In the order given, all of them below folder, readable by their owner alone (0600) and dated modified. The same files give the same
// bytes. kInvalidInput: a path that would lead out of the folder, or is there twice.
Result<std::string> PackTarGz(const std::string& folder, const std::vector<ArchivedFile>& files, Time modified);

}  // namespace hullwright::cli
