#include "cli/html.h"

#include <catch2/catch.hpp>

#include "cli/bar_plot.h"

namespace hullwright::cli {

TEST_CASE("text never becomes markup, in content or in an attribute", "[cli]") {
  CHECK(Html::Text("<script>alert('1')</script> & \"x\"").markup() ==
        "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;");
  CHECK(Html::Element("p", "</p><b>", {{"title", "\" onload=\"x"}}).markup() ==
        "<p title=\"&quot; onload=&quot;x\">&lt;/p&gt;&lt;b&gt;</p>\n");
  CHECK(Html::Text(std::string_view("a\0b\x1b\xff", 5)).markup() == "a?b??");
}

TEST_CASE("a plot says every number in words, and draws no bar for what is not known", "[cli]") {
  const std::string plot = BarPlot("p", "Findings",
                                   {{"High", {{"found", Range::Exactly(4)}, {"removed", {1, 3}}}},
                                    {"Low", {{"found", Range{}}, {"removed", {2, std::nullopt}}}}})
                               .markup();
  CHECK(plot.contains("<desc id=\"p-text\">High: found 4, removed 1-3. Low: found unknown, removed &gt;=2.</desc>"));
  CHECK(plot.contains("role=\"img\" aria-labelledby=\"p-title p-text\""));
  CHECK(plot.contains("<rect class=\"found\" x=\"96.0\" y=\"6\" width=\"400.0\""));
  CHECK(plot.contains("<rect class=\"removed\" x=\"96.0\" y=\"21\" width=\"100.0\""));
  CHECK(plot.contains("<rect class=\"possible\" x=\"196.0\" y=\"21\" width=\"200.0\""));
  std::size_t rectangles = 0;
  for (auto at = plot.find("<rect"); at != std::string::npos; at = plot.find("<rect", at + 1)) ++rectangles;
  CHECK(rectangles == 4);
}

}  // namespace hullwright::cli
