#include "verify/validity_window.h"

#include "base/rfc3339.h"
#include "verify/json_fields.h"

namespace hullwright::verify {

Checked<ValidityWindow> ValidityWindow::Read(const JsonFields& owner) {
  const auto fields = owner.Object("validFor");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"start", "end"}); !known) return std::unexpected(known.error());
  const auto start = fields->Timestamp("start");
  if (!start) return std::unexpected(start.error());
  ValidityWindow window{.start = *start, .end = std::nullopt};
  if (!fields->Has("end")) return window;
  const auto end = fields->Timestamp("end");
  if (!end) return std::unexpected(end.error());
  window.end = *end;
  return window;
}

std::string ToString(const ValidityWindow& window) {
  const std::string start = "from " + FormatRfc3339(window.start);
  return window.end ? start + " to " + FormatRfc3339(*window.end) : start + " on";
}

}  // namespace hullwright::verify
