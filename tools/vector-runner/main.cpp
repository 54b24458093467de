// vector-runner --index PATH/index.json [--kind K]: puts every case of an index (or those of one kind) to the production verifier. One line
// for each: id, expected, got, reason. Exit code 0 only when no verdict is wrong.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/text.h"
#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {
namespace {

constexpr int kWrong = 1;
constexpr int kUnusable = 2;

struct Arguments {
  std::filesystem::path index;
  std::string kind;
};

std::optional<Arguments> ParseArguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = values[i];
    if (name == "--index") {
      arguments.index = values[i + 1];
    } else if (name == "--kind") {
      arguments.kind = values[i + 1];
    } else {
      return std::nullopt;
    }
  }
  if (count % 2 == 0 || arguments.index.empty()) return std::nullopt;
  return arguments;
}

void PrintLine(const Vector& vector, const Verdict& verdict) {
  fmt::print("{}\t{}\t{}\t{}\n", Printable(vector.id()), Printable(vector.Text("expect"), 32), ToString(verdict.got),
             Printable(verdict.reason, 512));
}

int RunIndex(const Arguments& arguments) {
  const auto folder = std::filesystem::absolute(arguments.index).parent_path();
  const std::string text = ReadRegularFile(arguments.index);
  JsonReader reader;
  const auto root = reader.Read(text, {.max_bytes = kMaxIndexBytes});
  const auto entries = root ? Member(*root, "vectors") : std::nullopt;
  JsonArray vectors;
  if (!entries || entries->get(vectors) != simdjson::SUCCESS) {
    fmt::print(stderr, "{}: {}\n", arguments.index.string(), root ? "has no list \"vectors\"" : root.error().message);
    return kUnusable;
  }
  Tally tally;
  for (const JsonElement entry : vectors) {
    const Vector vector(entry, folder);
    if (!arguments.kind.empty() && vector.kind() != arguments.kind) continue;
    const Verdict verdict = Judge(vector);
    tally.Add(vector, verdict);
    PrintLine(vector, verdict);
  }
  fmt::print("right {}, wrong {}, declined {}\n", tally.right, tally.wrong, tally.declined);
  if (tally.right + tally.wrong + tally.declined == 0) return kUnusable;
  return tally.wrong == 0 ? 0 : kWrong;
}

int Main(int count, char** values) {
  const auto arguments = ParseArguments(count, values);
  if (!arguments) {
    fmt::print(stderr, "usage: vector-runner --index PATH/index.json [--kind KIND]\n");
    return kUnusable;
  }
  try {
    return RunIndex(*arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kUnusable;
  }
}

}  // namespace
}  // namespace hullwright::vectors

int main(int count, char** values) {
  return hullwright::vectors::Main(count, values);
}
