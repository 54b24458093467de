#include "cli/html.h"

namespace hullwright::cli {
namespace {

// The HTML standard, 13.3, "escaping a string", in both of its modes at once; so the same text may stand in either place.
std::string HtmlEscaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c >= ' ' && c <= '~' ? c : '?';
    }
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
