#include "webhook/readiness.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/rfc3339.h"

namespace hullwright::webhook {
namespace {

constexpr std::size_t kMaxProblemsShown = 200;

std::string_view EffectOf(const evidence::Problem& problem) {
  if (problem.last_good_in_force) return "the last good version stays in force";
  return problem.denies_everything ? "there is no good version, so every Pod is denied" : "there is no good version";
}

std::string Line(const evidence::Problem& problem) {
  return fmt::format("problem: {}{}{}: {} ({})\n", problem.origin, problem.object.empty() ? "" : ": ", problem.object, problem.error,
                     EffectOf(problem));
}

http::Response TextResponse(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace

void Readiness::Add(std::string name, Check check) {
  checks_.emplace_back(std::move(name), std::move(check));
}

std::vector<ReadinessCheck> Readiness::Ask() const {
  std::vector<ReadinessCheck> asked;
  asked.reserve(checks_.size() + 1);
  for (const auto& [name, check] : checks_) asked.push_back({name, check()});
  std::optional<std::string> draining;
  if (draining_) draining = "the process is about to stop";
  asked.push_back({"shutdown", std::move(draining)});
  return asked;
}

bool Readiness::IsReady() const {
  return std::ranges::none_of(Ask(), [](const ReadinessCheck& check) { return check.failure.has_value(); });
}

http::Response Readiness::Answer(bool verbose, const std::vector<evidence::Problem>& problems) const {
  const auto checks = Ask();
  const bool ready = std::ranges::none_of(checks, [](const ReadinessCheck& check) { return check.failure.has_value(); });
  std::string text;
  for (const ReadinessCheck& check : checks) {
    if (check.failure) text += fmt::format("[-]{} failed: {}\n", check.name, *check.failure);
    if (!check.failure && verbose) text += fmt::format("[+]{} ok\n", check.name);
  }
  for (std::size_t i = 0; verbose && i < std::min(problems.size(), kMaxProblemsShown); ++i) text += Line(problems[i]);
  if (verbose && problems.size() > kMaxProblemsShown) text += fmt::format("and {} more problems\n", problems.size() - kMaxProblemsShown);
  text += ready ? "ok\n" : "not ready\n";
  return TextResponse(ready ? 200 : 503, std::move(text));
}

Readiness::Check CertificateCheck(std::function<std::optional<Time>()> expiry, const Clock& clock) {
  return [expiry = std::move(expiry), &clock]() -> std::optional<std::string> {
    const auto end = expiry();
    if (!end || clock.Now() < *end) return std::nullopt;
    return fmt::format("the served certificate ended at {}: renew the files of --tls-cert and --tls-key", FormatRfc3339(*end));
  };
}

}  // namespace hullwright::webhook
