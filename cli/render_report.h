// A posture report as text: for people, for programs, and as one page for browsers. Pure.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/report.h"

namespace hullwright::cli {

std::string RenderReportTable(const PostureReport& report, const Terminal& terminal);
// docs/reference/hullctl-json.md describes it.
std::string RenderReportJson(const PostureReport& report);
// One HTML file that loads nothing, runs no script and forbids both (Content-Security-Policy); plots are SVG inside it, each with the same
// numbers as text. Whatever a report says is text there and nothing else.
std::string RenderReportHtml(const PostureReport& report);

}  // namespace hullwright::cli
