#include "base/tar_archive.h"

#include <catch2/catch.hpp>

#include "base/rfc3339.h"

namespace hullwright {
namespace {

const Time kPacked = *ParseRfc3339("2026-03-01T12:00:00Z");

TEST_CASE("what is packed is unpacked, in its order, and the same files give the same bytes", "[base]") {
  const std::vector<ArchivedFile> files{
      {"index.json", "{}"}, {"logs/b.txt", std::string(100'000, 'x')}, {"logs/a.txt", std::string("\0\xff", 2)}, {"empty", ""}};
  const auto packed = PackTarGz("bundle", files, kPacked);
  REQUIRE(packed);
  CHECK(packed->size() < 5'000);
  CHECK(*packed == *PackTarGz("bundle", files, kPacked));
  const auto unpacked = UnpackTarGz(*packed, 1u << 20);
  REQUIRE(unpacked);
  REQUIRE(unpacked->size() == files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    CHECK((*unpacked)[i].path == "bundle/" + files[i].path);
    CHECK((*unpacked)[i].bytes == files[i].bytes);
  }
}

TEST_CASE("a path that leads out of the folder, or is there twice, is not packed", "[base]") {
  for (const char* path : {"../x", "a/../../x", "/etc/passwd", "", "a//b", "./a", "a/."}) {
    CAPTURE(path);
    const auto packed = PackTarGz("bundle", {{path, ""}}, kPacked);
    REQUIRE_FALSE(packed);
    CHECK(packed.error().code == ErrorCode::kInvalidInput);
  }
  CHECK_FALSE(PackTarGz("bundle", {{"a", ""}, {"a", ""}}, kPacked));
  CHECK_FALSE(PackTarGz("bundle", {{std::string("a\0b", 3), ""}}, kPacked));
}

TEST_CASE("an archive that unpacks to more than allowed, or is none, is refused", "[base]") {
  const auto packed = PackTarGz("bundle", {{"a", std::string(1'000, 'a')}, {"b", std::string(1'000, 'b')}}, kPacked);
  CHECK(UnpackTarGz(*packed, 2'000));
  const auto too_large = UnpackTarGz(*packed, 1'999);
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().code == ErrorCode::kTooLarge);
  CHECK_FALSE(UnpackTarGz("no archive", 100));
  CHECK_FALSE(UnpackTarGz(packed->substr(0, packed->size() / 2), 1u << 20));
}

}  // namespace
}  // namespace hullwright
