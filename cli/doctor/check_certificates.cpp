// The CA bundles of the hooks, the webhook's certificate where it may be read, and a handshake where the webhook can be reached.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/doctor/checks.h"
#include "http/client.h"
#include "http/server_chain.h"
#include "kube/private_folder.h"

namespace hullwright::cli {
namespace {

constexpr std::chrono::hours kSoon{7 * 24};
constexpr std::chrono::seconds kHandshakePatience{10};

std::string RenewRemedy(Installation& installation) {
  const InstallationNames& names = installation.names();
  if (installation.IsWithoutOperator())
    return fmt::format(
        "put a new certificate into the Secret that the Pods mount (docs/install-by-hand.md); the webhook takes it up by itself");
  return fmt::format("the operator renews it: see why it does not with {}",
                     Kubectl(names, "logs deployment/" + names.operator_() + " --all-containers"));
}

std::string BundleRemedy(Installation& installation) {
  const InstallationNames& names = installation.names();
  if (installation.IsWithoutOperator())
    return "put the PEM of the CA that signed the webhook's certificate, base64, into every caBundle of docs/install/webhooks.yaml, and "
           "apply it";
  return fmt::format("the operator writes it: see why it does not with {}",
                     Kubectl(names, "logs deployment/" + names.operator_() + " --all-containers"));
}

// PEM texts of the bundles, each with the hooks that have it.
using Bundles = std::map<std::string, std::vector<std::string>>;

void CollectBundles(Installation& installation, const Result<KubeJson>& configuration, Bundles& bundles, CheckReport& report) {
  for (const KubeJson& hook : HooksOf(configuration)) {
    const std::string name = Printable(TextAt(hook, "name"), 128);
    const auto pem = DecodeBase64(TextAt(At(hook, "clientConfig"), "caBundle"));
    const auto certificates = pem ? http::ReadCertificateSummaries("caBundle", *pem) : std::unexpected(pem.error());
    if (!certificates) {
      report.Problem(
          fmt::format(
              "the hook {} has no CA bundle that can be read, so that the API server cannot believe the webhook and every request it "
              "is registered for fails ({})",
              name, Printable(certificates.error().message)),
          BundleRemedy(installation));
      continue;
    }
    bundles[*pem].push_back(name);
  }
}

// The roots of one bundle by themselves.
void LookAtBundle(Installation& installation, const std::string& pem, const std::vector<std::string>& hooks, CheckReport& report) {
  const auto roots = http::ReadCertificateSummaries("caBundle", pem);
  if (!roots) return;  // told by CollectBundles
  const Time now = installation.now();
  const auto valid = std::ranges::count_if(*roots, [&](const auto& root) { return root.not_before <= now && now <= root.not_after; });
  const auto last = std::ranges::max(*roots, {}, &http::CertificateSummary::not_after);
  if (valid == 0) {
    report.Problem(
        fmt::format("no CA in the bundle of {} is valid now (the last ends at {}): the API server refuses the webhook's certificate",
                    fmt::join(hooks, ", "), FormatRfc3339(last.not_after)),
        RenewRemedy(installation));
  } else if (last.not_after - now < kSoon) {
    report.Problem(fmt::format("the CA in the bundle of {} ends at {}: after that the API server refuses the webhook",
                               fmt::join(hooks, ", "), FormatRfc3339(last.not_after)),
                   RenewRemedy(installation));
  }
}

std::string FaultText(http::ChainFault fault) {
  switch (fault) {
    case http::ChainFault::kExpired:
      return "has expired";
    case http::ChainFault::kNotYetValid:
      return "is not valid yet";
    case http::ChainFault::kWrongName:
      return "is for another name";
    default:
      return "does not lead to a CA of the bundle";
  }
}

void JudgeAgainst(Installation& installation, const std::string& chain, const std::string& bundle, const std::vector<std::string>& hooks,
                  CheckReport& report) {
  const std::string host = installation.names().host();
  const auto verdict = http::JudgeServerChain(chain, bundle, host, installation.now());
  if (!verdict) return report.Unread("the certificate in the Secret " + installation.TlsSecret(), verdict.error());
  if (verdict->fault == http::ChainFault::kNone) return;
  const auto summary = http::ReadCertificateSummaries("tls.crt", chain);
  std::string detail = verdict->message;
  if (summary) {
    const http::CertificateSummary& leaf = summary->front();
    detail = fmt::format("{}; it is for {}, valid from {} to {}, issued by {}", verdict->message, fmt::join(leaf.dns_names, ", "),
                         FormatRfc3339(leaf.not_before), FormatRfc3339(leaf.not_after), leaf.issuer);
  }
  const bool wrong_bundle = verdict->fault == http::ChainFault::kUntrusted;
  report.Problem(fmt::format("the webhook's certificate (Secret {}) {} for {}, as {} would call it: {}", installation.TlsSecret(),
                             FaultText(verdict->fault), host, fmt::join(hooks, ", "), detail),
                 wrong_bundle ? BundleRemedy(installation) : RenewRemedy(installation));
}

// Ends within a week, or within the last sixth of a shorter life: a renewal at two thirds of it should have come.
void LookAtEnd(Installation& installation, const http::CertificateSummary& leaf, CheckReport& report) {
  const Time now = installation.now();
  const auto soon = std::min<std::chrono::milliseconds>(kSoon, (leaf.not_after - leaf.not_before) / 6);
  if (leaf.not_after < now) return;  // told by JudgeAgainst
  const std::string end = FormatRfc3339(leaf.not_after);
  if (leaf.not_after - now < soon) {
    report.Problem(fmt::format("the webhook's certificate ends at {} and was not renewed: after that the API server refuses it", end),
                   RenewRemedy(installation));
  } else {
    report.Ok(fmt::format("the webhook's certificate is for {} and ends at {}", installation.names().host(), end));
  }
}

// From the Secret; of it tls.crt alone is looked at. False: it could not be read.
bool LookAtSecret(Installation& installation, const Bundles& bundles, CheckReport& report) {
  if (!installation.reads_secrets()) return false;
  const InstallationNames& names = installation.names();
  const auto secret = installation.view().Get(fmt::format("/api/v1/namespaces/{}/secrets/{}", names.namespace_, installation.TlsSecret()));
  if (!secret) {
    report.Note(fmt::format("the Secret {} could not be read ({})", installation.TlsSecret(), secret.error().message));
    return false;
  }
  const auto chain = DecodeBase64(TextAt(At(*secret, "data"), "tls.crt"));
  const auto summary = chain ? http::ReadCertificateSummaries("tls.crt", *chain) : std::unexpected(chain.error());
  if (!summary) {
    report.Problem(fmt::format("the Secret {} holds no certificate: the webhook cannot serve TLS ({})", installation.TlsSecret(),
                               Printable(summary.error().message)),
                   RenewRemedy(installation));
    return true;
  }
  for (const auto& [bundle, hooks] : bundles) JudgeAgainst(installation, *chain, bundle, hooks, report);
  LookAtEnd(installation, summary->front(), report);
  return true;
}

// The end of what a Pod serves, as it says itself: "hullwright_certificate_expiry_timestamp_seconds 1.8e+09". False: nobody said it.
bool LookAtMetric(Installation& installation, CheckReport& report) {
  const auto end = installation.MetricValue("hullwright_certificate_expiry_timestamp_seconds");
  if (!end) return false;
  const Time not_after{std::chrono::milliseconds(static_cast<std::int64_t>(*end * 1000))};
  const std::string text = FormatRfc3339(std::chrono::floor<std::chrono::seconds>(not_after));
  if (not_after < installation.now() + kSoon) {
    report.Problem(fmt::format("the certificate that the webhook serves ends at {}", text), RenewRemedy(installation));
  } else {
    report.Ok(fmt::format("the certificate that the webhook serves ends at {}", text));
  }
  return true;
}

struct DialedHook {
  std::string base, bundle;
  auto operator<=>(const DialedHook&) const = default;
};

// "https://host:port" of the URLs by which hooks are called that are behind no Service.
std::set<DialedHook> DialedByUrl(const Result<KubeJson>& configuration) {
  std::set<DialedHook> dialed;
  for (const KubeJson& hook : HooksOf(configuration)) {
    const KubeJson& client = At(hook, "clientConfig");
    const std::string url = TextAt(client, "url");
    const auto pem = DecodeBase64(TextAt(client, "caBundle"));
    if (!url.starts_with("https://") || !pem || pem->empty()) continue;
    dialed.insert({url.substr(0, url.find('/', std::string_view("https://").size())), *pem});
  }
  return dialed;
}

Result<http::Response> ShakeHands(const DialedHook& hook) {
  const auto folder = kube::PrivateFolder::Make();
  if (!folder) return std::unexpected(folder.error());
  const auto roots = (*folder)->Write("bundle.pem", hook.bundle);
  if (!roots) return std::unexpected(roots.error());
  const auto client = http::MakeHttpClient({.base_url = hook.base, .ca_file = *roots});
  if (!client) return std::unexpected(client.error());
  return (*client)->Send({.path_and_query = "/readyz"}, std::chrono::steady_clock::now() + kHandshakePatience);
}

// True: there are such hooks.
bool ShakeHandsByUrl(Installation& installation, CheckReport& report) {
  std::set<DialedHook> dialed = DialedByUrl(installation.ValidatingHooks());
  dialed.merge(DialedByUrl(installation.MutatingHooks()));
  for (const DialedHook& hook : dialed) {
    const auto answer = ShakeHands(hook);
    if (answer) {
      report.Ok(fmt::format("{} shows a certificate that the CA bundle vouches for", Printable(hook.base)));
    } else {
      report.CouldNotTell(fmt::format("{} could not be asked from here: {}", Printable(hook.base), Printable(answer.error().message, 512)),
                          "the API server may still reach it: hullctl doctor --try-admission NAMESPACE has it tried");
    }
  }
  return !dialed.empty();
}

}  // namespace

void CheckCertificates(Installation& installation, CheckReport& report) {
  const InstallationNames& names = installation.names();
  for (const auto* configuration : {&installation.ValidatingHooks(), &installation.MutatingHooks()}) {
    if (!*configuration && configuration->error().code != ErrorCode::kNotFound)
      return report.Unread("the hooks with their CA bundles", configuration->error());
  }
  if (HooksOf(installation.ValidatingHooks()).empty() && HooksOf(installation.MutatingHooks()).empty()) {
    if (installation.IsSwitchedOff().value_or(false))
      return report.Ok("no hook is registered while the gate is switched off, so that there is no CA bundle");
    return report.Problem("no hook is registered, so that there is no CA bundle and no certificate that anybody would believe",
                          "install the hooks: the check `hooks` says how");
  }
  Bundles bundles;
  CollectBundles(installation, installation.ValidatingHooks(), bundles, report);
  CollectBundles(installation, installation.MutatingHooks(), bundles, report);
  for (const auto& [pem, hooks] : bundles) LookAtBundle(installation, pem, hooks, report);
  if (bundles.size() > 1) report.Note("the hooks have different CA bundles; during a change of the CA that is so for a moment");
  const bool by_url = ShakeHandsByUrl(installation, report);
  if (LookAtSecret(installation, bundles, report) || LookAtMetric(installation, report) || by_url) return;
  report.CouldNotTell(
      "what certificate the webhook serves: neither its Secret nor its metrics could be read",
      fmt::format("look at it as somebody who may read the Secret: {} | base64 -d | openssl x509 -noout -dates -ext subjectAltName",
                  Kubectl(names, fmt::format("get secret {} -o jsonpath='{{.data.tls\\.crt}}'", installation.TlsSecret()))));
}

}  // namespace hullwright::cli
