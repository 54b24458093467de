#include "operator/certificate_controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/rfc3339.h"
#include "operator/cluster_object.h"
#include "operator/reason.h"
#include "operator/webhook_configuration.h"

namespace hullwright::controller {
namespace {

using std::chrono::milliseconds;
using Step = RotationPlan::Step;

constexpr int kMostStepsAtOnce = 8;  // a whole first start has four

Authority ToAuthority(const CertificateView& view) {
  return {view.id, view.created(), view.not_before, view.not_after};
}

std::vector<Authority> ToAuthorities(const std::vector<CertificateView>& views) {
  std::vector<Authority> authorities;
  authorities.reserve(views.size());
  for (const CertificateView& view : views) authorities.push_back(ToAuthority(view));
  return authorities;
}

// The caBundle of every registered hook.
Result<std::vector<std::string>> ReadLiveBundles(const ControllerContext& context) {
  std::vector<std::string> bundles;
  for (const HookKind kind : kHookKinds) {
    const auto object = ReadObject(context.client, ConfigurationPath(kind, context.names));
    if (!object) return std::unexpected(object.error());
    if (*object) std::ranges::move(BundlesOf(HooksOf(**object)), std::back_inserter(bundles));
  }
  return bundles;
}

// Several hooks hold one bundle, so each text is read once.
class BundleReader {
 public:
  const std::vector<CertificateView>& Read(const std::string& pem) {
    const auto known = read_.find(pem);
    return known != read_.end() ? known->second : read_.emplace(pem, AuthoritiesIn(pem)).first->second;
  }

 private:
  std::map<std::string, std::vector<CertificateView>> read_;
};

}  // namespace

// What stands in the cluster, as values and as what the plan asks for.
struct CertificateController::Observed {
  StoredSecret authority_secret, serving_secret;
  SecretContent authority, serving;
  std::vector<std::string> live;
  std::vector<CertificateView> live_authorities;
  RotationState state;

  // The CAs of these ids, wherever they were found.
  std::vector<CertificateView> Find(const std::vector<std::string>& ids) const {
    std::vector<CertificateView> found;
    for (const std::string& id : ids) {
      for (const auto* views : {&authority.bundle, &serving.bundle, &live_authorities}) {
        const auto view = std::ranges::find(*views, id, &CertificateView::id);
        if (view == views->end()) continue;
        found.push_back(*view);
        break;
      }
      if (authority.certificate && authority.certificate->id == id && (found.empty() || found.back().id != id))
        found.push_back(*authority.certificate);
    }
    return found;
  }

  std::string IssuerOf(const CertificateView& leaf) const {
    std::vector<CertificateView> candidates;
    if (authority.certificate) candidates.push_back(*authority.certificate);
    for (const auto* views : {&authority.bundle, &serving.bundle, &live_authorities})
      candidates.insert(candidates.end(), views->begin(), views->end());
    const auto issuer = std::ranges::find_if(candidates, [&](const CertificateView& candidate) { return HasSigned(candidate, leaf); });
    return issuer == candidates.end() ? std::string() : issuer->id;
  }
};

Result<kube::Reconciled> CertificateController::Reconcile(const std::stop_token& stop) {
  return options_.external ? ReconcileExternal() : ReconcileOwn(stop);
}

Result<kube::Reconciled> CertificateController::ReconcileOwn(const std::stop_token& stop) {
  for (int steps = 0; steps < kMostStepsAtOnce && !stop.stop_requested(); ++steps) {
    auto observed = Observe();
    if (!observed) return std::unexpected(observed.error());
    const Time now = context_.clock.Now();
    if (AsksWhatIsServed(observed->state, options_.rotation, now)) {
      const auto answers = AskAll(context_, observed->authority.certificate->pem);
      const auto is = [](Presented wanted) { return [wanted](Presented presented) { return presented == wanted; }; };
      if (!answers.empty() && std::ranges::all_of(answers, is(Presented::kTrusted))) observed->state.served = Served::kBySigning;
      if (std::ranges::any_of(answers, is(Presented::kUntrusted))) observed->state.served = Served::kOther;
    }
    const RotationPlan plan = PlanRotation(observed->state, options_.rotation, now);
    const bool bundle_stands = plan.step != Step::kMakeAuthority && plan.step != Step::kWriteBundle;
    if (bundle_stands) Publish(observed->authority.bundle, observed->live);
    if (plan.step == Step::kNone) {
      MeasureOwn(*observed);
      if (!plan.waiting_for.empty() && waiting_for_ != plan.waiting_for)
        log::Info("rotation waits", {{"for", plan.waiting_for}, {"why", plan.why}});
      waiting_for_ = plan.waiting_for;
      return kube::Reconciled::Again(std::min(plan.again_after, Jittered(options_.poll)));
    }
    log::Info("rotation step", {{"step", ToString(plan.step)}, {"why", plan.why}, {"trusted", plan.bundle.size()}});
    if (auto done = Do(plan, *observed); !done) return std::unexpected(done.error().Within(ToString(plan.step)));
  }
  return kube::Reconciled::Again(milliseconds(0));
}

Result<CertificateController::Observed> CertificateController::Observe() {
  Observed observed;
  const Names& names = context_.names;
  auto authority_secret = ReadSecret(context_.client, names.SecretPath(names.AuthoritySecret()));
  if (!authority_secret) return std::unexpected(authority_secret.error());
  auto serving_secret = ReadSecret(context_.client, names.SecretPath(names.ServingSecret()));
  if (!serving_secret) return std::unexpected(serving_secret.error());
  observed.authority_secret = std::move(*authority_secret);
  observed.serving_secret = std::move(*serving_secret);
  auto live = ReadLiveBundles(context_);
  if (!live) return std::unexpected(live.error());
  observed.live = std::move(*live);
  observed.authority = ContentOf(observed.authority_secret, "CA");
  observed.serving = ContentOf(observed.serving_secret, "webhook");
  if (observed.authority.certificate && !observed.authority.certificate->is_authority) {
    observed.authority.certificate.reset();
    observed.authority.problem = "CA certificate: it may not sign others";
  }
  NoteUnusable(names.AuthoritySecret(), observed.authority.problem);
  NoteUnusable(names.ServingSecret(), observed.serving.problem);

  RotationState& state = observed.state;
  BundleReader bundles;
  for (const std::string& pem : observed.live) {
    std::vector<std::string> ids;
    for (const CertificateView& authority : bundles.Read(pem)) {
      ids.push_back(authority.id);
      if (std::ranges::find(observed.live_authorities, authority.id, &CertificateView::id) == observed.live_authorities.end())
        observed.live_authorities.push_back(authority);
    }
    state.live.push_back(std::move(ids));
  }
  if (observed.authority.certificate) state.signing = ToAuthority(*observed.authority.certificate);
  state.bundle = ToAuthorities(observed.authority.bundle);
  state.leaf_bundle = ToAuthorities(observed.serving.bundle);
  state.live_authorities = ToAuthorities(observed.live_authorities);
  if (const auto& leaf = observed.serving.certificate) {
    const bool has_our_names = std::ranges::is_permutation(leaf->dns_names, names.ServerNames());
    state.leaf = Leaf{observed.IssuerOf(*leaf), leaf->created(), leaf->not_before, leaf->not_after, has_our_names};
  }
  state.live_for = live_watch_.Observe(state.signing, state.live, context_.steady.Now());
  return observed;
}

Result<void> CertificateController::Do(const RotationPlan& plan, const Observed& observed) {
  const auto bundle = observed.Find(plan.bundle);
  switch (plan.step) {
    case Step::kNone:
      return {};
    case Step::kMakeAuthority:
      return MakeCa(plan, observed);
    case Step::kWriteBundle: {
      auto written = WriteSecret(context_.client, context_.names.SecretPath(context_.names.AuthoritySecret()), observed.authority_secret,
                                 SecretData(observed.authority.pair, bundle));
      if (written && bundle.size() < observed.authority.bundle.size()) {
        Tell(context_, "Secret", context_.names.AuthoritySecret(), kube::EventSeverity::kNormal, reason::kAuthorityRetired, "Retire",
             fmt::format("{}; {} trusted from now on", plan.why, bundle.size()));
      }
      return written;
    }
    case Step::kCopyBundle:
      return WriteSecret(context_.client, context_.names.SecretPath(context_.names.ServingSecret()), observed.serving_secret,
                         SecretData(observed.serving.pair, bundle));
    case Step::kSignLeaf:
      return MakeLeaf(plan, observed);
  }
  return {};
}

Result<void> CertificateController::MakeCa(const RotationPlan& plan, const Observed& observed) {
  const Names& names = context_.names;
  const auto pair =
      MakeAuthority(fmt::format("{}/{}", names.namespace_, names.full_name), context_.clock.Now(), options_.rotation.authority_lifetime);
  if (!pair) return std::unexpected(pair.error());
  auto made = ReadPair("CA", *pair);
  if (!made) return std::unexpected(made.error());
  std::vector<CertificateView> bundle{*made};
  std::ranges::copy(observed.Find(plan.bundle), std::back_inserter(bundle));
  bundle.resize(std::min(bundle.size(), kMaxAuthorities), *made);
  const auto written =
      WriteSecret(context_.client, names.SecretPath(names.AuthoritySecret()), observed.authority_secret, SecretData(*pair, bundle));
  if (!written) return written;
  context_.metrics.CountIssued(CertificateRole::kAuthority);
  Tell(context_, "Secret", names.AuthoritySecret(), kube::EventSeverity::kNormal, reason::kAuthorityCreated, "Create",
       fmt::format("{}; the new one ends {}", plan.why, FormatRfc3339(made->not_after)));
  return {};
}

Result<void> CertificateController::MakeLeaf(const RotationPlan& plan, const Observed& observed) {
  const Names& names = context_.names;
  const auto pair = SignLeaf(observed.authority.pair, names.ServerNames(), context_.clock.Now(), options_.rotation.leaf_lifetime);
  if (!pair) return std::unexpected(pair.error());
  const auto written = WriteSecret(context_.client, names.SecretPath(names.ServingSecret()), observed.serving_secret,
                                   SecretData(*pair, observed.Find(plan.bundle)));
  if (!written) return written;
  context_.metrics.CountIssued(CertificateRole::kLeaf);
  const auto made = ReadPair("webhook", *pair);
  Tell(context_, "Secret", names.ServingSecret(), kube::EventSeverity::kNormal, reason::kCertificateIssued, "Issue",
       fmt::format("{}; the new one ends {}", plan.why, made ? FormatRfc3339(made->not_after) : "at an unknown time"));
  return {};
}

// A certificate of somebody else: what its Secret trusts now, and, until every ready address is believed by that alone, what the live hooks
// trust as well: the Pods get a new certificate some time after the Secret has it.
Result<kube::Reconciled> CertificateController::ReconcileExternal() {
  const std::string name = context_.names.ServingSecret();
  const auto secret = ReadSecret(context_.client, context_.names.SecretPath(name));
  if (!secret) return std::unexpected(secret.error());
  const auto again = kube::Reconciled::Again(Jittered(options_.external_poll));
  const auto entry = secret->data.find("ca.crt");
  std::vector<CertificateView> wanted = entry == secret->data.end() ? std::vector<CertificateView>() : AuthoritiesIn(entry->second);
  if (wanted.empty()) {
    NoteUnusable(name, secret->object.is_null() ? "there is no such Secret" : "ca.crt: no CA certificate in it");
    return again;
  }
  const auto live = ReadLiveBundles(context_);
  if (!live) return std::unexpected(live.error());
  const std::string own = WriteBundle(wanted);
  BundleReader bundles;
  std::vector<CertificateView> earlier;
  for (const std::string& pem : *live) {
    for (const CertificateView& authority : bundles.Read(pem)) {
      const bool is_new = std::ranges::find(wanted, authority.id, &CertificateView::id) == wanted.end() &&
                          std::ranges::find(earlier, authority.id, &CertificateView::id) == earlier.end();
      if (is_new && authority.not_after > context_.clock.Now()) earlier.push_back(authority);
    }
  }
  if (!earlier.empty()) {
    const auto answers = AskAll(context_, own);
    const bool all_believed =
        !answers.empty() && std::ranges::all_of(answers, [](Presented presented) { return presented == Presented::kTrusted; });
    for (const CertificateView& authority : earlier) {
      if (!all_believed && wanted.size() < kMaxAuthorities) wanted.push_back(authority);
    }
  }
  if (const auto leaf = ReadBundle("tls.crt", secret->data.contains("tls.crt") ? secret->data.at("tls.crt") : ""))
    context_.metrics.SetExpiry(CertificateRole::kLeaf, leaf->front().not_after);
  Publish(wanted, *live);
  return again;
}

void CertificateController::Publish(const std::vector<CertificateView>& authorities, const std::vector<std::string>& live) {
  bundle_ = WriteBundle(authorities);
  context_.metrics.SetAuthorities(authorities.size());
  // With no hook there is something to do as well: perhaps they wait for the first bundle.
  if (live.empty() || std::ranges::any_of(live, [this](const std::string& pem) { return pem != bundle_; })) on_bundle_();
}

void CertificateController::NoteUnusable(const std::string& secret, const std::string& problem) {
  if (problem.empty()) return;
  log::Warn("secret unusable", {{"secret", secret}, {"error", problem}});
  Tell(context_, "Secret", secret, kube::EventSeverity::kWarning, reason::kSecretUnusable, "Read", problem);
}

void CertificateController::MeasureOwn(const Observed& observed) {
  const auto measure = [this](CertificateRole role, const std::optional<CertificateView>& view) {
    if (!view) return;
    context_.metrics.SetExpiry(role, view->not_after);
    context_.metrics.SetRenewal(role, RenewalTime(view->created(), view->not_after));
  };
  measure(CertificateRole::kAuthority, observed.authority.certificate);
  measure(CertificateRole::kLeaf, observed.serving.certificate);
}

// A fifth more or less, so that replicas and restarts do not come together.
milliseconds CertificateController::Jittered(milliseconds pause) {
  return std::chrono::duration_cast<milliseconds>(pause * std::uniform_real_distribution(0.8, 1.2)(random_));
}

}  // namespace hullwright::controller
