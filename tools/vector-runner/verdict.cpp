#include <fmt/format.h>

#include <array>
#include <exception>

#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {
namespace {

// Outside what this program verifies; FORMAT.md says that this kind may be declined.
constexpr std::string_view kDeclinedKind = "gpg-simple-signing";

Run FindRun(std::string_view kind) {
  for (const auto kinds : {CoreKinds(), LogKinds(), NotationKinds()}) {
    for (const Kind& known : kinds) {
      if (known.name == kind) return known.run;
    }
  }
  return nullptr;
}

Verdict JudgeBy(Run run, const Vector& vector) {
  const auto result = run(vector);
  if (result) return {Got::kValid, ""};
  return {Got::kInvalid, fmt::format("{}: {}", verify::ToString(result.error().step), result.error().message)};
}

}  // namespace

std::string_view ToString(Got got) {
  static constexpr std::array<std::string_view, 4> kNames = {"valid", "invalid", "declined", "error"};
  return kNames[static_cast<std::size_t>(got)];
}

Verdict Judge(const Vector& vector) {
  if (vector.kind() == kDeclinedKind) return {Got::kDeclined, "OpenPGP signatures are not verified"};
  const Run run = FindRun(vector.kind());
  if (run == nullptr) return {Got::kError, "the kind is not known"};
  try {
    return JudgeBy(run, vector);
  } catch (const std::exception& error) {
    return {Got::kError, error.what()};
  }
}

void Tally::Add(const Vector& vector, const Verdict& verdict) {
  if (verdict.got == Got::kDeclined) {
    ++declined;
  } else if (verdict.got != Got::kError && ToString(verdict.got) == vector.Text("expect")) {
    ++right;
  } else {
    ++wrong;
  }
}

}  // namespace hullwright::vectors
