#include "base/compression.h"

#include <catch2/catch.hpp>

namespace hullwright {
namespace {

using namespace std::string_literals;

// As Python's gzip and zlib write them.
const std::string kEmptyMember = "\x1f\x8b\x08\0\0\0\0\0\x02\x03\x03\0\0\0\0\0\0\0\0\0"s;
const std::string kGzippedAbc = "\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\x4c\x4a\x06\0\xc2\x41\x24\x35\x03\0\0\0"s;
const std::string kDeflatedAbc = "\x78\x9c\x4b\x4c\x4a\x06\0\x02\x4d\x01\x27"s;

}  // namespace

TEST_CASE("bytes are compressed and come back, and are read as others wrote them", "[base]") {
  for (const std::string& bytes : {""s, "abc"s, "\0\xff"s, std::string(1u << 20, 'x')}) {
    CHECK(Decompress(Compress(bytes), bytes.size()).value() == bytes);
  }
  CHECK(Compress(std::string(1u << 20, 'x')).size() < 10'000);
  CHECK(Decompress(kDeflatedAbc, 3).value() == "abc");
  CHECK(Gunzip(kGzippedAbc, 3).value() == "abc");
}

TEST_CASE("gzip may have several members, and they are read one after the other", "[base]") {
  CHECK(Gunzip(kGzippedAbc + kEmptyMember + kGzippedAbc, 6).value() == "abcabc");
  std::string members;
  for (int i = 0; i < 10'000; ++i) members += kEmptyMember;
  CHECK(Gunzip(members, 0).value_or("not read").empty());
  CHECK(Decompress(kDeflatedAbc + kDeflatedAbc, 6).error().code == ErrorCode::kInvalidInput);
}

TEST_CASE("what is cut, damaged, of the other format or more than asked for is refused", "[base]") {
  for (std::size_t bytes = 0; bytes < kDeflatedAbc.size(); ++bytes)
    CHECK(Decompress(kDeflatedAbc.substr(0, bytes), 3).error().code == ErrorCode::kInvalidInput);
  for (std::size_t bytes = 0; bytes < kGzippedAbc.size(); ++bytes)
    CHECK(Gunzip(kGzippedAbc.substr(0, bytes), 3).error().code == ErrorCode::kInvalidInput);
  std::string damaged = kDeflatedAbc;
  damaged.back() = '\x26';  // of the check sum
  CHECK_FALSE(Decompress(damaged, 3));
  CHECK_FALSE(Decompress(kGzippedAbc, 3));
  CHECK_FALSE(Gunzip(kDeflatedAbc, 3));
  CHECK(IsGzip(kGzippedAbc));
  CHECK_FALSE(IsGzip(kDeflatedAbc));
  CHECK(Decompress(kDeflatedAbc, 2).error().code == ErrorCode::kTooLarge);
  CHECK(Gunzip(kGzippedAbc, 2).error().code == ErrorCode::kTooLarge);
  CHECK(Decompress(Compress(std::string(10u << 20, '0')), 1u << 20).error().code == ErrorCode::kTooLarge);
}

}  // namespace hullwright
