#include "cli/command.h"

namespace hullwright::cli {

std::string ErrorLine(const std::string& message) {
  return "hullctl: " + message + "\n";
}

CommandOutput Failed(ExitCode code, const std::string& message) {
  return {code, "", ErrorLine(message)};
}

CommandOutput Failed(const Error& error) {
  return Failed(ExitCode::kCouldNotTell, error.message);
}

}  // namespace hullwright::cli
