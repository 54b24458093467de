// The published vectors of Notary Project, read in place from ../shared beside the source folder.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "support/paths.h"
#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {

TEST_CASE("Every published vector of Notary Project gets the verdict of its suite", "[verify]") {
  const std::filesystem::path folder = testing::SourcePath("../shared/vectors");
  std::ifstream file(folder / "index.json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.empty()) {
    std::cout << "absent: ../shared/vectors/index.json (published vectors are not run)\n";
    SUCCEED();
    return;
  }
  JsonReader reader;
  const auto index = reader.Read(text, {.max_bytes = 64u << 20});
  REQUIRE(index.has_value());
  std::size_t ran = 0;
  for (const JsonElement entry : JsonArray(Member(*index, "vectors").value())) {
    const Vector vector(entry, folder);
    for (const Kind& kind : NotationKinds()) {
      if (kind.name != vector.kind()) continue;
      const auto result = kind.run(vector);
      INFO(vector.id() << ": " << vector.Text("reason"));
      INFO((result ? std::string("verifies") : std::string(verify::ToString(result.error().step)) + ": " + result.error().message));
      CHECK(result.has_value() == vector.expects_valid());
      ++ran;
    }
  }
  CHECK(ran > NotationKinds().size());
}

}  // namespace hullwright::vectors
