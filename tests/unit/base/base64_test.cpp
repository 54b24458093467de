#include "base/base64.h"

#include <catch2/catch.hpp>

using namespace hullwright;

TEST_CASE("base64 is read and written as RFC 4648 section 10 shows", "[base]") {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(EncodeBase64(bytes) == text);
    CHECK(DecodeBase64(text).value() == bytes);
  }
}

TEST_CASE("base64 that another spelling would also give is refused", "[base]") {
  const char* text = GENERATE("Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Zm 9v", "Zm9v=", "Zm9v====", "====", "Z===", "Zm9v-_==", "Zm9vY_==");
  INFO(text);
  CHECK_FALSE(DecodeBase64(text).has_value());
}

TEST_CASE("the form of JWS has its own alphabet and no padding", "[base]") {
  const std::string bytes = "\xfb\xff\xfe";
  CHECK(EncodeBase64(bytes, Base64Form::kUrlUnpadded) == "-__-");
  CHECK(DecodeBase64("-__-", Base64Form::kUrlUnpadded).value() == bytes);
  CHECK(DecodeBase64("Zg", Base64Form::kUrlUnpadded).value() == "f");
  CHECK_FALSE(DecodeBase64("Zg==", Base64Form::kUrlUnpadded).has_value());
  CHECK_FALSE(DecodeBase64("+//+", Base64Form::kUrlUnpadded).has_value());
}
