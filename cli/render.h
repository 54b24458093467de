// A review as text: for people, for programs, for code review and for build servers. Pure.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/review.h"

namespace hullwright::cli {

std::string RenderTable(const Review& review, const Terminal& terminal);
// Every policy and rule that looked at each image, as a tree. Needs a review with traces.
std::string RenderExplanation(const Review& review, const Terminal& terminal);

// docs/reference/hullctl-json.md describes it; with traces when the review has them.
std::string RenderJson(const Review& review);
std::string RenderYaml(const Review& review);
// SARIF 2.1.0 (OASIS): one result a reason; rules are reason words; what could not be read is a notification of the invocation.
std::string RenderSarif(const Review& review);
// JUnit XML as build servers read it: an object is a suite, an image a case; a violation is a failure, could-not-tell an error.
std::string RenderJunit(const Review& review);

}  // namespace hullwright::cli
