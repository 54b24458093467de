// HTML that is put together from parts, so that text can never become markup: it enters through Text and attribute values, which escape it.
// What is not escaped are names of elements and attributes and Constant, all of them literals of this program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hullwright::cli {

class Html {
 public:
  using Attributes = std::vector<std::pair<std::string_view, std::string>>;

  Html() = default;

  // Bytes that are no printable ASCII become "?": texts of others pass Printable first, which keeps what they were.
  static Html Text(std::string_view text);
  static Html Element(std::string_view name, const Html& content, const Attributes& attributes = {});
  static Html Element(std::string_view name, std::string_view text, const Attributes& attributes = {}) {
    return Element(name, Text(text), attributes);
  }
  // An element that has neither content nor end tag: meta.
  static Html Void(std::string_view name, const Attributes& attributes);
  template <std::size_t N>
  static Html Constant(const char (&markup)[N]) {
    return Html(std::string(markup, N - 1));
  }

  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }

  const std::string& markup() const { return markup_; }

 private:
  explicit Html(std::string markup) : markup_(std::move(markup)) {}

  std::string markup_;
};

}  // namespace hullwright::cli
