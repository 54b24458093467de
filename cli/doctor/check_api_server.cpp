#include <fmt/format.h>
#include <time.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/text.h"
#include "cli/doctor/checks.h"

namespace hullwright::cli {
namespace {

// The kinds' rules are CEL (stable in 1.29), and the chart's Pods sleep before they stop (1.30).
constexpr int kOldestMinor = 30;
constexpr int kTestedMinor = 36;
constexpr std::chrono::seconds kMaxClockDifference{5};

// "36", "36+" as managed clusters write it.
std::optional<int> MinorOf(const KubeJson& version) {
  const std::string text = TextAt(version, "minor");
  int minor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minor);
  return error == std::errc{} && end != text.data() ? std::optional(minor) : std::nullopt;
}

// RFC 9110, 5.6.7: IMF-fixdate.
std::optional<Time> ParseHttpDate(const std::string& text) {
  std::tm utc{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return Time(std::chrono::seconds(timegm(&utc)));
}

struct Need {
  std::string_view verb, group, resource, subresource;
  bool in_namespace;
  std::string_view for_what;  // the checks that cannot tell without it
};

constexpr std::array kNeeds = {
    Need{"get", "apiextensions.k8s.io", "customresourcedefinitions", "", false, "kinds"},
    Need{"list", "hullwright.dev", "*", "", false, "objects, waivers, scans"},
    Need{"create", "authorization.k8s.io", "subjectaccessreviews", "", false, "webhook-permissions, operator-permissions"},
    Need{"get", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "", false, "hooks, certificates"},
    Need{"get", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", false, "hooks, certificates"},
    Need{"list", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", false, "other-hooks"},
    Need{"get", "", "serviceaccounts", "", true, "webhook-permissions, operator-permissions"},
    Need{"get", "", "configmaps", "", true, "gate-switch, hooks"},
    Need{"get", "apps", "deployments", "", true, "webhook-pods, operator-pods"},
    Need{"get", "", "services", "proxy", true, "webhook-pods, operator-pods, exploitation-data"},
};

std::string Spelled(const Need& need) {
  return fmt::format("{} {}{}{}{}{}", need.verb, need.resource, need.subresource.empty() ? "" : "/", need.subresource,
                     need.group.empty() ? "" : ".", need.group);
}

struct OwnAnswer {
  bool allowed = false;
};

Result<OwnAnswer> AskAboutOurselves(Installation& installation, const Need& need, std::string_view resource) {
  const KubeJson review{{"apiVersion", "authorization.k8s.io/v1"},
                        {"kind", "SelfSubjectAccessReview"},
                        {"spec",
                         {{"resourceAttributes",
                           {{"verb", need.verb},
                            {"group", need.group},
                            {"resource", resource},
                            {"subresource", need.subresource},
                            {"namespace", need.in_namespace ? installation.names().namespace_ : ""}}}}}};
  const auto answer = installation.view().Post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review);
  if (!answer) return std::unexpected(answer.error());
  const KubeJson& allowed = AtPath(*answer, {"status", "allowed"});
  if (!allowed.is_boolean()) return Fail(ErrorCode::kInternal, "the API server does not say whether we may");
  return OwnAnswer{allowed.get<bool>()};
}

// "*" of our group is every kind of it, whether the role names them or not.
Result<OwnAnswer> AskAboutNeed(Installation& installation, const Need& need) {
  if (need.resource != "*") return AskAboutOurselves(installation, need, need.resource);
  for (const api::KindInfo& kind : api::Kinds()) {
    const auto answer = AskAboutOurselves(installation, need, kind.plural);
    if (!answer || !answer->allowed) return answer;
  }
  return OwnAnswer{true};
}

}  // namespace

void CheckApiServer(Installation& installation, CheckReport& report) {
  const auto version = installation.view().Get("/version");
  if (!version) {
    report.CouldNotTell(fmt::format("the API server does not answer: {}", version.error().message),
                        "see that kubectl reaches the same cluster: kubectl version; another one is named by --kubeconfig and --context");
    return;
  }
  const std::string name = Printable(TextAt(*version, "gitVersion"), 64);
  const auto minor = MinorOf(*version);
  if (TextAt(*version, "major") != "1" || !minor) {
    report.CouldNotTell(fmt::format("the API server says \"{}\" of its version", name), "look at it yourself: kubectl version");
  } else if (*minor < kOldestMinor) {
    report.Problem(fmt::format("the API server is Kubernetes {}, older than 1.{}: rules of our kinds, which stop wrong policies, are not "
                               "all enforced there",
                               name, kOldestMinor),
                   fmt::format("upgrade the cluster to 1.{} or later", kOldestMinor));
  } else {
    report.Ok(fmt::format("Kubernetes {} answers", name));
    if (*minor > kTestedMinor) report.Note(fmt::format("this version was tested with Kubernetes up to 1.{}", kTestedMinor));
  }
}

void CheckOwnPermissions(Installation& installation, CheckReport& report) {
  std::size_t allowed = 0;
  for (const Need& need : kNeeds) {
    const auto answer = AskAboutNeed(installation, need);
    if (!answer) return report.Unread("what you may do here (SelfSubjectAccessReview)", answer.error());
    if (answer->allowed) {
      ++allowed;
      continue;
    }
    report.CouldNotTell(
        fmt::format("you may not {}, without which these checks cannot tell: {}", Spelled(need), need.for_what),
        "run hullctl doctor as a cluster administrator, or with --context NAME as another user; kubectl auth whoami says who you are");
  }
  if (allowed == kNeeds.size()) report.Ok("you may read all that is looked at");
}

void CheckClock(Installation& installation, CheckReport& report) {
  const Time before = installation.clock().Now();
  const auto started = std::chrono::steady_clock::now();
  const auto answer = installation.view().Answer({.path_and_query = "/version"});
  if (!answer) return report.Unread("the API server's clock", answer.error());
  const auto date = ParseHttpDate(std::string(http::HeaderValue(answer->headers, "Date")));
  if (!date) {
    return report.CouldNotTell("the API server's answers have no Date that can be read",
                               "compare the clocks yourself: date -u here, and on the nodes of the control plane");
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
  // The header has no fractions, and was written at some time of the exchange.
  const auto apart = *date - before;
  const auto slack = kMaxClockDifference + took + std::chrono::seconds(1);
  if (apart <= slack && apart >= -slack) return report.Ok("the clocks are no more than some seconds apart");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(apart).count();
  report.Problem(fmt::format("the API server's clock is {} s {} of this machine's: certificates, scans and exceptions are judged by it, so "
                             "that one of the two judges wrongly",
                             std::abs(seconds), seconds > 0 ? "ahead" : "behind"),
                 "set both by NTP: timedatectl status here and on the nodes of the control plane");
}

}  // namespace hullwright::cli
