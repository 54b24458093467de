// A Decision in words: the denial a developer reads, warnings for kubectl, annotations for the audit log. All of it bounded and free of
// control characters, whatever the object under review says.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.h"

namespace hullwright::webhook {

inline constexpr std::size_t kMaxMessageBytes = 4096;
// The API server cuts longer warnings once all of them exceed 4096 characters together.
inline constexpr std::size_t kMaxWarningBytes = 120;
inline constexpr std::size_t kMaxWarnings = 20;

// One line per refused image: where it stands, and every reason that denies with what to do.
std::string DenialMessage(const policy::Decision& decision);

// What policies want warned of. With a prefix such as "already running, " also what would deny, since then nothing does.
void AddWarnings(const policy::Decision& decision, std::string_view prefix, std::vector<std::string>& warnings);
// Keeps the first of equal ones, and kMaxWarnings with "and N more".
void BoundWarnings(std::vector<std::string>& warnings);

// Keys of what log and metrics count as well: facts of before an outage; signatures that hold in part; findings that violate only later.
inline constexpr const char* kOutageAnnotation = "registry-outage";
inline constexpr const char* kToleratedAnnotation = "signature-tolerated";
inline constexpr const char* kGraceAnnotation = "within-grace";
// The id under which the history keeps the decision.
inline constexpr const char* kDecisionAnnotation = "decision";

std::map<std::string, std::string> AuditAnnotations(const policy::Decision& decision);

// Distinct, in order of first appearance.
std::vector<std::string_view> ReasonWords(const policy::Decision& decision);
std::vector<std::string> PolicyIds(const policy::Decision& decision);

}  // namespace hullwright::webhook
