#include "http/listen_address.h"

#include <fmt/format.h>

#include <charconv>

namespace hullwright::http {

bool ListenAddress::IsLoopback() const {
  return address == "::1" || address.starts_with("127.");
}

Result<ListenAddress> ParseListenAddress(std::string_view option, const std::string& text) {
  const auto wrong = [&] {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{}: \"{}\" is no ADDRESS:PORT such as 0.0.0.0:8443, 127.0.0.1:9090 or [::1]:8443", option, text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return wrong();
  ListenAddress listen{text.substr(0, colon), 0};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data() + colon + 1, end, listen.port);
  if (code != std::errc() || stop != end) return wrong();
  const bool bracketed = listen.address.starts_with('[') && listen.address.ends_with(']');
  if (bracketed) listen.address = listen.address.substr(1, listen.address.size() - 2);
  if (!bracketed && listen.address.find(':') != std::string::npos) return wrong();
  if (listen.address.empty()) return wrong();
  if (listen.address == "localhost") listen.address = "127.0.0.1";
  return listen;
}

}  // namespace hullwright::http
