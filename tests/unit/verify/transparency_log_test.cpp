#include <catch2/catch.hpp>

#include "verify/trusted_root.h"

using namespace hullwright::verify;

TEST_CASE("The origin of a log is the host of its URL, without scheme, port and path", "[verify]") {
  const auto [url, host] = GENERATE(table<std::string, std::string>({
      {"https://log2025-1.rekor.sigstore.dev", "log2025-1.rekor.sigstore.dev"},
      {"https://rekor.example/api/v2", "rekor.example"},
      {"http://127.0.0.1:3000", "127.0.0.1"},
      {"http://[::1]:3000/", "::1"},
      {"rekor.example", "rekor.example"},
      {"", ""},
  }));
  CAPTURE(url);
  const auto key = PublicKey::FromPem(
      "-----BEGIN PUBLIC "
      "KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\nkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/"
      "9A/bY2LhC30M9+RYtw==\n-----END PUBLIC KEY-----\n");
  REQUIRE(key);
  const TransparencyLog log{.base_url = url,
                            .key = *key,
                            .algorithm = {Scheme::kEcdsa, HashAlgorithm::kSha256},
                            .window = {},
                            .id = "",
                            .checkpoint_id = {},
                            .operator_name = ""};
  CHECK(log.Host() == host);
}
