// The published vectors of the kinds that lib/verify's primitives decide, read in place from ../shared beside the source folder.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "support/paths.h"
#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {
namespace {

const std::filesystem::path kFolder = testing::SourcePath("../shared/vectors");

std::string ReadIndex() {
  std::ifstream file(kFolder / "index.json", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void RunAll(std::span<const Kind> kinds, JsonElement index) {
  std::size_t ran = 0;
  JsonArray entries;
  REQUIRE(Member(index, "vectors").value().get(entries) == simdjson::SUCCESS);
  for (const JsonElement entry : entries) {
    const Vector vector(entry, kFolder);
    for (const Kind& kind : kinds) {
      if (kind.name != vector.kind()) continue;
      const auto result = kind.run(vector);
      INFO(vector.id() << ": " << vector.Text("reason"));
      INFO((result ? std::string("verifies") : std::string(verify::ToString(result.error().step)) + ": " + result.error().message));
      CHECK(result.has_value() == vector.expects_valid());
      ++ran;
    }
  }
  CHECK(ran > kinds.size());
}

}  // namespace

TEST_CASE("Every published vector of keys, certificates, timestamps and statements gets the verdict of its suite", "[verify]") {
  const std::string text = ReadIndex();
  if (text.empty()) {
    std::cout << "absent: ../shared/vectors/index.json (published vectors are not run)\n";
    SUCCEED();
    return;
  }
  JsonReader reader;
  const auto index = reader.Read(text, {.max_bytes = 64u << 20});
  REQUIRE(index.has_value());
  RunAll(CoreKinds(), *index);
}

}  // namespace hullwright::vectors
