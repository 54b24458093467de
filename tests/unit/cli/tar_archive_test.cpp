#include "cli/support/tar_archive.h"

#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/cli/unpacked.h"

namespace hullwright::cli::testing {
namespace {

const Time kPacked = *ParseRfc3339("2026-03-01T12:00:00Z");

}  // namespace

TEST_CASE("what is packed is unpacked by tar, in its order, and the same files give the same bytes", "[cli]") {
  const std::vector<ArchivedFile> files{{"index.json", "{}"},
                                        {"logs/b.txt", std::string(100'000, 'x')},
                                        {"logs/a.txt", std::string("\0\xff", 2)},
                                        {std::string(150, 'n') + "/empty", ""}};
  const auto packed = PackTarGz("bundle", files, kPacked);
  REQUIRE(packed);
  CHECK(packed->size() < 5'000);
  CHECK(*packed == *PackTarGz("bundle", files, kPacked));
  const auto unpacked = Unpack(*packed);
  REQUIRE(unpacked.size() == files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    CHECK(unpacked[i].path == "bundle/" + files[i].path);
    CHECK(unpacked[i].bytes == files[i].bytes);
  }
}

TEST_CASE("a path that leads out of the folder, or is there twice, is not packed", "[cli]") {
  for (const char* path : {"../x", "a/../../x", "/etc/passwd", "", "a//b", "./a", "a/."}) {
    CAPTURE(path);
    const auto packed = PackTarGz("bundle", {{path, ""}}, kPacked);
    REQUIRE_FALSE(packed);
    CHECK(packed.error().code == ErrorCode::kInvalidInput);
  }
  CHECK_FALSE(PackTarGz("bundle", {{"a", ""}, {"a", ""}}, kPacked));
  CHECK_FALSE(PackTarGz("bundle", {{std::string("a\0b", 3), ""}}, kPacked));
}

}  // namespace hullwright::cli::testing
