#include "http/response_text.h"

#include <fmt/format.h>

#include <array>
#include <boost/beast/http/status.hpp>
#include <ctime>
#include <iterator>

namespace hullwright::http {
namespace {

std::string_view ReasonPhrase(int status) {
  const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

bool IsSafe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void AppendHeader(std::string_view name, std::string_view value, std::string& out) {
  if (!IsSafe(name) || !IsSafe(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view ConnectionValue(const ResponseFraming& framing) {
  if (framing.close) return "close";
  return framing.http11 ? std::string_view() : "keep-alive";
}

}  // namespace

void AppendResponse(const Response& response, const ResponseFraming& framing, std::string& out) {
  out.reserve(out.size() + response.body.size() + 256);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nContent-Length: {}\r\n", response.status, ReasonPhrase(response.status),
                 response.body.size());
  if (!response.content_type.empty()) AppendHeader("Content-Type", response.content_type, out);
  if (!framing.date.empty()) AppendHeader("Date", framing.date, out);
  if (const auto connection = ConnectionValue(framing); !connection.empty()) AppendHeader("Connection", connection, out);
  for (const auto& [name, value] : response.headers) {
    AppendHeader(name, value, out);
  }
  out.append("\r\n").append(response.body);
}

Response RefusalResponse(const Refusal& refusal) {
  Response response;
  response.status = refusal.status;
  response.body = fmt::format(R"({{"error":"{}"}})", refusal.reason);
  if (refusal.status == 429) response.headers.emplace_back("Retry-After", "1");
  if (!refusal.allow.empty()) response.headers.emplace_back("Allow", refusal.allow);
  return response;
}

std::string HttpDate() {
  // Not strftime's names: they follow the process's locale.
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace hullwright::http
