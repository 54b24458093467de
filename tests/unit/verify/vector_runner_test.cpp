// Every published vector, of all kinds, through the runner that the program vector-runner uses; read in place from ../shared beside the
// source folder.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "support/paths.h"
#include "support/temporary_directory.h"
#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {
namespace {

JsonArray VectorsOf(JsonElement index) {
  JsonArray entries;
  REQUIRE(Member(index, "vectors").value().get(entries) == simdjson::SUCCESS);
  return entries;
}

Verdict JudgeText(std::string_view entry, const std::filesystem::path& folder) {
  JsonReader reader;
  const auto element = reader.Read(entry);
  REQUIRE(element.has_value());
  return Judge(Vector(*element, folder));
}

}  // namespace

TEST_CASE("No published vector gets another verdict than its suite's, and only OpenPGP is declined", "[verify]") {
  const std::filesystem::path folder = testing::SourcePath("../shared/vectors");
  if (!std::filesystem::exists(folder / "index.json")) {
    std::cout << "absent: ../shared/vectors/index.json (published vectors are not run)\n";
    SUCCEED();
    return;
  }
  const std::string text = ReadRegularFile(folder / "index.json");
  JsonReader reader;
  const auto index = reader.Read(text, {.max_bytes = kMaxIndexBytes});
  REQUIRE(index.has_value());
  Tally tally;
  for (const JsonElement entry : VectorsOf(*index)) {
    const Vector vector(entry, folder);
    const Verdict verdict = Judge(vector);
    INFO(vector.id() << ": expected " << vector.Text("expect") << ", got " << ToString(verdict.got) << ": " << verdict.reason);
    const std::size_t wrong = tally.wrong;
    tally.Add(vector, verdict);
    CHECK(tally.wrong == wrong);
    CHECK((verdict.got == Got::kDeclined) == (vector.kind() == "gpg-simple-signing"));
  }
  CHECK(tally.right > 0);
}

TEST_CASE("A hostile index is an error for each case of it, never a verdict", "[verify]") {
  const testing::TemporaryDirectory directory;
  const std::filesystem::path folder = directory.path();
  std::filesystem::create_directory(folder / "sub");
  std::ofstream(folder / "secret.pem") << "secret";
  const std::string_view entries[] = {
      R"({"id": "a", "kind": "no-such-kind", "file": "x", "expect": "invalid"})",
      R"({"id": "b", "kind": "checkpoint-body-parse", "file": "../secret.pem", "expect": "invalid"})",
      R"({"id": "c", "kind": "checkpoint-body-parse", "file": "/etc/hostname", "expect": "invalid"})",
      R"({"id": "d", "kind": "checkpoint-body-parse", "file": "sub", "expect": "invalid"})",
      R"({"id": "e", "kind": "checkpoint-body-parse", "expect": "invalid"})",
      R"({"id": "f", "kind": "tuf-root-update", "file": ["x"], "trusted_previous": {}, "expect": "invalid"})",
      R"({"id": "g", "kind": "sigstore-bundle", "file": "x", "options": {"modes": "artifact"}, "expect": "invalid"})",
      R"({"id": "h", "kind": "cosign-legacy-layer", "file": "x", "options": {"min_scts": "none"}, "expect": "invalid"})",
      R"({"expect": "invalid"})",
      "[]",
  };
  for (const auto entry : entries) {
    INFO(entry);
    const Verdict verdict = JudgeText(entry, folder / "sub");
    CHECK(verdict.got == Got::kError);
    CHECK_FALSE(verdict.reason.empty());
  }
}

}  // namespace hullwright::vectors
