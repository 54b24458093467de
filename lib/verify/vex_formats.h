// The decoders behind vex.h, one file each, and what they share.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/vex.h"
#include "verify/json_fields.h"

namespace hullwright::verify {

Checked<policy::VexDocument> DecodeOpenVex(const JsonFields& document);       // openvex/spec, OPENVEX-SPEC.md 0.2.0
Checked<policy::VexDocument> DecodeCycloneDxVex(const JsonFields& document);  // CycloneDX 1.4 and later, vulnerabilities[]
Checked<policy::VexDocument> DecodeCsafVex(const JsonFields& document);       // CSAF 2.0, sections 3 and 4.5 (profile 5: VEX)

// OpenVEX's words for why something is not affected, which CSAF's flags share.
bool IsVexJustification(std::string_view word);

// The statements of a document, as many as it may have.
class VexStatements {
 public:
  Checked<void> Add(policy::VexStatement statement);
  // Room for one name, product or package more.
  Checked<void> TakeRoom();
  std::vector<policy::VexStatement> Take() { return std::move(statements_); }

 private:
  std::vector<policy::VexStatement> statements_;
  std::size_t room_taken_ = 0;
};

// A name that others compare: there, not empty, not too long, without control characters.
Checked<std::string> VexName(const JsonFields& fields, std::string_view key);
// The same of a text that stands in a list.
Checked<std::string> VexName(JsonElement element, const std::string& where);
// A text for people, cut where it is too long; "" when absent.
Checked<std::string> VexText(const JsonFields& fields, std::string_view key);
Checked<std::optional<Time>> OptionalTime(const JsonFields& fields, std::string_view key);

// "statements[3]"
std::string VexPlace(std::string_view list, std::size_t index);

}  // namespace hullwright::verify
