// What the decoders of both formats read in the same way.
#pragma once

#include <string_view>
#include <vector>

#include "scan/report.h"
#include "scan/report_node.h"

namespace hullwright::scan {

// "name@sha256:…" entries as references with a digest. One that cannot be read is a mistake: left out, two digests could look like one.
std::vector<ImageReference> ReadRepoDigests(const ReportNode& node, std::string_view key);

// os, architecture and variant; nothing unless os and architecture are both there.
std::optional<api::Platform> ReadPlatform(const ReportNode& node);

void AddTexts(std::vector<std::string>& list, const std::vector<std::string_view>& texts);

Error TooManyFindings(std::size_t count, const ReportLimits& limits);

}  // namespace hullwright::scan
