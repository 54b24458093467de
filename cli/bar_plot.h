// A plot of horizontal bars as SVG inside HTML, with the same numbers as text beside each bar and in its description.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/html.h"
#include "cli/posture.h"

namespace hullwright::cli {

struct Bar {
  std::string_view series;  // "removed": also the class by which a style colours it
  Range range;              // filled as far as it is known, outlined as far as it may reach
};

struct BarGroup {
  std::string_view label;  // "Critical"
  std::vector<Bar> bars;
};

// id: the only one of its kind on the page.
Html BarPlot(const std::string& id, std::string_view title, const std::vector<BarGroup>& groups);

}  // namespace hullwright::cli
