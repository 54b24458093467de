#include "support/paths.h"

namespace hullwright::testing {

std::string SourcePath(std::string_view relative) {
  return std::string(HULLWRIGHT_SOURCE_DIR "/").append(relative);
}

std::string ProgramPath(std::string_view name) {
  return std::string(HULLWRIGHT_BIN_DIR "/").append(name);
}

}  // namespace hullwright::testing
