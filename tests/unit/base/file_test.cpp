#include "base/file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "base/json.h"
#include "support/temporary_directory.h"

using namespace hullwright;

TEST_CASE("a regular file is read whole, up to its bound and not a byte beyond", "[base]") {
  const testing::TemporaryDirectory folder;
  const std::string path = folder.Write("file", "12345");
  CHECK(*ReadRegularFile(path, 5) == "12345");
  CHECK(*ReadRegularFile(path, 100) == "12345");
  CHECK(ReadRegularFile(path, 4).error().code == ErrorCode::kTooLarge);
  CHECK(*ReadRegularFile(folder.Write("empty", ""), 0) == "");
  CHECK(*ReadBeginning(path, 2) == "12");
  CHECK(*ReadBeginning(path, 100) == "12345");
  CHECK(JsonText(*ReadRegularFile(path, 5)).padded);
}

TEST_CASE("what is no regular file is refused without waiting for it", "[base]") {
  const testing::TemporaryDirectory folder;
  const std::string pipe = (folder.path() / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(ReadRegularFile(pipe, 10).error().code == ErrorCode::kInvalidInput);
  CHECK(ReadRegularFile(folder.path().string(), 10).error().code == ErrorCode::kInvalidInput);
  CHECK(ReadRegularFile("/dev/zero", 10).error().code == ErrorCode::kInvalidInput);
  CHECK(ReadRegularFile((folder.path() / "absent").string(), 10).error().code == ErrorCode::kNotFound);
}
