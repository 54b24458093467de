#include "cli/bar_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "cli/report_text.h"

namespace hullwright::cli {
namespace {

// In units of the view box.
constexpr int kPlotWidth = 640;
constexpr int kLabelWidth = 96;
constexpr int kMaxBarWidth = 400;  // leaves room for the number behind the longest bar
constexpr int kBarHeight = 11;
constexpr int kBarStep = 15;
constexpr int kGroupGap = 12;

std::int64_t Farthest(const Range& range) {
  return std::max(range.at_least, range.at_most.value_or(0));
}

std::int64_t Scale(const std::vector<BarGroup>& groups) {
  std::int64_t most = 1;
  for (const BarGroup& group : groups)
    for (const Bar& bar : group.bars) most = std::max(most, Farthest(bar.range));
  return most;
}

double WidthOf(std::int64_t count, std::int64_t scale) {
  return static_cast<double>(kMaxBarWidth) * static_cast<double>(count) / static_cast<double>(scale);
}

std::string BarText(const Bar& bar) {
  return fmt::format("{} {}", bar.series, RangeText(bar.range));
}

Html Rectangle(std::string_view style, double x, int y, double width) {
  return Html::Element("rect", Html(),
                       {{"class", std::string(style)},
                        {"x", fmt::format("{:.1f}", x)},
                        {"y", fmt::format("{}", y)},
                        {"width", fmt::format("{:.1f}", width)},
                        {"height", fmt::format("{}", kBarHeight)}});
}

Html Label(std::string_view text, double x, int y) {
  return Html::Element("text", text, {{"x", fmt::format("{:.1f}", x)}, {"y", fmt::format("{}", y + kBarHeight - 2)}});
}

Html Draw(const Bar& bar, int y, std::int64_t scale) {
  const double known = WidthOf(bar.range.at_least, scale);
  const double possible = WidthOf(Farthest(bar.range), scale) - known;
  Html html;
  if (known > 0) html += Rectangle(bar.series, kLabelWidth, y, known);
  if (possible > 0) html += Rectangle("possible", kLabelWidth + known, y, possible);
  html += Label(BarText(bar), kLabelWidth + known + possible + 6, y);
  return html;
}

std::string Description(const std::vector<BarGroup>& groups) {
  std::string text;
  for (const BarGroup& group : groups) {
    text += fmt::format("{}{}: ", text.empty() ? "" : " ", group.label);
    for (std::size_t i = 0; i < group.bars.size(); ++i) text += (i == 0 ? "" : ", ") + BarText(group.bars[i]);
    text += ".";
  }
  return text;
}

}  // namespace

Html BarPlot(const std::string& id, std::string_view title, const std::vector<BarGroup>& groups) {
  const std::int64_t scale = Scale(groups);
  Html content = Html::Element("title", title, {{"id", id + "-title"}});
  content += Html::Element("desc", Description(groups), {{"id", id + "-text"}});
  int y = kGroupGap / 2;
  for (const BarGroup& group : groups) {
    content += Label(group.label, 0, y);
    for (const Bar& bar : group.bars) {
      content += Draw(bar, y, scale);
      y += kBarStep;
    }
    y += kGroupGap;
  }
  return Html::Element(
      "svg", content,
      {{"viewBox", fmt::format("0 0 {} {}", kPlotWidth, y)}, {"role", "img"}, {"aria-labelledby", fmt::format("{0}-title {0}-text", id)}});
}

}  // namespace hullwright::cli
