#include "verify/cbor.h"

#include <catch2/catch.hpp>

#include "verify/hash.h"

using namespace hullwright::verify;

namespace {

std::string Bytes(std::string_view hex) {
  return FromHex(hex).value();
}

}  // namespace

TEST_CASE("CBOR values are read as RFC 8949 appendix A shows", "[verify]") {
  const std::string bytes = Bytes("d21a000f4240");
  CHECK(ReadCbor(bytes).value().kind == CborValue::Kind::kTag);
  CHECK(ReadCbor(bytes).value().integer == 18);
  CHECK(ReadCbor(Bytes("3903e7")).value().integer == -1000);
  CHECK(ReadCbor(Bytes("00")).value().integer == 0);
  CHECK(ReadCbor(Bytes("1818")).value().integer == 24);
  const std::string map = Bytes("a301020341046161820507");
  const CborValue value = ReadCbor(map).value();
  CHECK(value.Find(1)->integer == 2);
  CHECK(value.Find(3)->bytes == "\x04");
  REQUIRE(value.Find("a") != nullptr);
  CHECK(value.Find("a")->items.size() == 2);
  CHECK(value.Find("a")->encoded == Bytes("820507"));
  CHECK(value.Find(2) == nullptr);
  CHECK(value.Find("1") == nullptr);
}

TEST_CASE("CBOR of another spelling, cut off or with more than a signature needs is refused", "[verify]") {
  const auto [hex, why] = GENERATE(
      std::pair("", "empty"), std::pair("1800", "an integer in two bytes"), std::pair("190018", "in three"),
      std::pair("1a00000018", "in five"), std::pair("1b0000000000000018", "in nine"), std::pair("5800", "a string head too long"),
      std::pair("9800", "an array head too long"), std::pair("b800", "a map head too long"), std::pair("d81200", "a tag head too long"),
      std::pair("5f4101ff", "byte string of indefinite length"), std::pair("7f6161ff", "text of indefinite length"),
      std::pair("9fff", "array of indefinite length"), std::pair("bfff", "map of indefinite length"), std::pair("ff", "a break"),
      std::pair("f5", "true"), std::pair("f6", "null"), std::pair("f7", "undefined"), std::pair("f90000", "a half float"),
      std::pair("fb0000000000000000", "a double"), std::pair("e0", "a simple value"), std::pair("1c", "a reserved head"),
      std::pair("4201", "a string cut off"), std::pair("8101020304", "bytes behind"), std::pair("82", "an array cut off"),
      std::pair("a101", "a map without its value"), std::pair("c2", "a tag without its value"), std::pair("a201020103", "a number twice"),
      std::pair("a2616101616102", "a name twice"), std::pair("61ff", "text that is not UTF-8"),
      std::pair("1bffffffffffffffff", "an integer of 64 bits"), std::pair("3bffffffffffffffff", "a negative one"));
  INFO(why);
  const auto value = ReadCbor(Bytes(hex));
  REQUIRE_FALSE(value.has_value());
  CHECK(value.error().step == Step::kParse);
}

TEST_CASE("A declared size costs nothing until its bytes are there", "[verify]") {
  for (const char* hex : {"9bffffffffffffff00", "bb00ffffffffffffff", "9a7fffffff", "5b7fffffffffffffff", "bbffffffffffffffff"}) {
    INFO(hex);
    CHECK_FALSE(ReadCbor(Bytes(hex)).has_value());
  }
}

TEST_CASE("CBOR is bounded in depth, values and bytes", "[verify]") {
  CHECK(ReadCbor(std::string(8, '\x81') + '\x01').has_value());
  CHECK(ReadCbor(std::string(9, '\x81') + '\x01').error().step == Step::kLimit);
  CHECK(ReadCbor(std::string(100000, '\x81')).error().step == Step::kLimit);
  CHECK(ReadCbor(Bytes("990400") + std::string(1024, '\x01')).error().step == Step::kLimit);
  CHECK(ReadCbor("\x01", {.max_bytes = 0}).error().step == Step::kLimit);
}

TEST_CASE("What COSE signs is laid out as RFC 9052 says", "[verify]") {
  CHECK(ToHex(CoseSigStructure(Bytes("a10126"), "hi")) == "846a5369676e61747572653143a1012640426869");
}
