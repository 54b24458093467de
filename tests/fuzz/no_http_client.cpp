// Stands in for the HTTP client, which clang cannot compile (lib/http/CMakeLists.txt): code beside the decoders refers to it, none calls
// it.
#include "http/client.h"

namespace hullwright::http {

Result<std::unique_ptr<HttpClient>> MakeHttpClient(const ClientOptions&) {
  return Fail(ErrorCode::kUnsupported, "the fuzz targets have no HTTP client");
}

}  // namespace hullwright::http
