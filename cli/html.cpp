#include "cli/html.h"

#include "cli/text.h"

namespace hullwright::cli {
namespace {

// One escaping for text and attributes, so that the same text may stand in either place. What is not printable ASCII is replaced.
std::string HtmlEscaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (const std::string_view entity = MarkupEntity(c); !entity.empty())
      out += entity;
    else
      out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out;
}

std::string StartTag(std::string_view name, const Html::Attributes& attributes) {
  std::string tag = "<";
  tag += name;
  for (const auto& [attribute, value] : attributes) {
    tag += ' ';
    tag += attribute;
    tag += "=\"" + HtmlEscaped(value) + "\"";
  }
  return tag + ">";
}

}  // namespace

Html Html::Text(std::string_view text) {
  return Html(HtmlEscaped(text));
}

Html Html::Element(std::string_view name, const Html& content, const Attributes& attributes) {
  std::string markup = StartTag(name, attributes) + content.markup_ + "</";
  markup += name;
  return Html(markup + ">\n");
}

Html Html::Void(std::string_view name, const Attributes& attributes) {
  return Html(StartTag(name, attributes) + "\n");
}

}  // namespace hullwright::cli
