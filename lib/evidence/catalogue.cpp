#include "evidence/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/guarded.h"
#include "base/log.h"

namespace hullwright::evidence {
namespace {

constexpr std::string_view kNamespaceKind = "Namespace";
constexpr std::string_view kScanKind = "ImageScan";
constexpr std::string_view kPublisherKind = "TrustedPublisher";

// The digest an ImageScan is named after: "sha256-<hex>" for "sha256:<hex>".
std::optional<std::string> DigestOfName(std::string_view name) {
  std::string text(name);
  const auto dash = text.find('-');
  if (dash == std::string::npos) return std::nullopt;
  text[dash] = ':';
  const auto digest = Digest::Parse(text);
  return digest ? std::optional(digest->text()) : std::nullopt;
}

// What is broken about an object or origin.
struct Fault {
  std::string origin;
  std::string error;
  std::optional<api::PolicyMatch> match;  // of a policy
};

struct Entry {
  std::optional<api::Object> good;
  std::optional<Fault> fault;
};

struct UnreadableOrigin {
  std::string error;
  bool denies_everything = false;
  bool has_last_good = false;
};

struct Objects {
  // Policies, publishers and waivers. Scans and namespaces, of which there are many, are kept in their own compact forms.
  std::map<api::ObjectKey, Entry> entries;
  NamespaceLabels namespaces;
  // Of scans and namespaces. The flag: a last good version is in force.
  std::map<api::ObjectKey, std::pair<Fault, bool>> faults;
  std::map<std::string, UnreadableOrigin, std::less<>> unreadable;
  std::vector<std::string> changed, removed;  // of entries, since the last publication
  bool policies_changed = true;
  bool namespaces_changed = true;
  bool published = false;  // once at least
};

void AddGood(const api::Object& object, policy::PolicySetParts& parts) {
  if (const auto* policy = std::get_if<api::ImageAdmissionPolicy>(&object)) parts.policies.push_back(*policy);
  if (const auto* publisher = std::get_if<api::TrustedPublisher>(&object)) parts.publishers.push_back(*publisher);
  if (const auto* exception = std::get_if<api::VulnerabilityException>(&object)) parts.exceptions.push_back(*exception);
  if (const auto* pass = std::get_if<api::BreakGlass>(&object)) parts.break_glasses.push_back(*pass);
}

void AddBroken(const api::ObjectKey& key, const Fault& fault, policy::PolicySetParts& parts) {
  if (api::IsPolicyKind(key.kind)) parts.broken_policies.push_back({key.ToString(), key.namespace_, fault.match, fault.error});
  if (key.kind == kPublisherKind) parts.broken_publishers.push_back(key.name);
}

bool AsksOrigin(const api::PolicyRules& rules, const std::vector<api::TrustedPublisher>& publishers) {
  const auto is_asked = [&](const api::TrustedPublisher& publisher) {
    return publisher.spec.verification == api::PublisherVerification::kSignature &&
           std::ranges::find(rules.publishers->refs, publisher.metadata.name, &api::NameRef::name) != rules.publishers->refs.end();
  };
  const bool asks_vex = rules.vulnerabilities && rules.vulnerabilities->vex;
  return rules.image || !rules.attestations.empty() || asks_vex || (rules.publishers && std::ranges::any_of(publishers, is_asked));
}

std::shared_ptr<const TrustObjects> TrustOf(const Objects& objects) {
  auto trust = std::make_shared<TrustObjects>();
  for (const auto& [key, entry] : objects.entries) {
    if (!entry.good) continue;
    if (const auto* publisher = std::get_if<api::TrustedPublisher>(&*entry.good)) trust->publishers.push_back(*publisher);
    if (const auto* root = std::get_if<api::TrustRoot>(&*entry.good)) trust->roots.insert_or_assign(key.name, *root);
    if (const auto* registry = std::get_if<api::Registry>(&*entry.good)) trust->registries.push_back(*registry);
  }
  for (const auto& [key, entry] : objects.entries) {
    const auto* policy = entry.good ? std::get_if<api::ImageAdmissionPolicy>(&*entry.good) : nullptr;
    if (policy != nullptr && AsksOrigin(policy->spec.rules, trust->publishers)) trust->asks_origin = true;
  }
  return trust;
}

std::string FirstFew(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return names.size() > shown ? text + fmt::format(" and {} more", names.size() - shown) : text;
}

// A gate that changes says so: whoever asks later why a Pod was let in finds the line.
void LogChanges(Objects& objects, const policy::PolicySetParts& parts) {
  const auto changed = std::exchange(objects.changed, {});
  const auto removed = std::exchange(objects.removed, {});
  const bool is_first = !std::exchange(objects.published, true);
  if (is_first || (changed.empty() && removed.empty())) return;
  log::Info("objects published", {{"policies", parts.policies.size()},
                                  {"broken_policies", parts.broken_policies.size()},
                                  {"changed", FirstFew(changed)},
                                  {"removed", FirstFew(removed)}});
}

policy::PolicySetParts PartsOf(const Objects& objects) {
  policy::PolicySetParts parts;
  for (const auto& [key, entry] : objects.entries) {
    if (entry.good) AddGood(*entry.good, parts);
    if (!entry.good && entry.fault) AddBroken(key, *entry.fault, parts);
  }
  for (const auto& [origin, unreadable] : objects.unreadable) {
    if (unreadable.denies_everything) parts.broken_policies.push_back({origin, "", std::nullopt, unreadable.error});
  }
  return parts;
}

}  // namespace

struct Catalogue::State {
  Guarded<Objects> objects;
  ScanIndex scans;
  std::mutex publishing;  // so that an older view of the objects is never published after a newer one
  Snapshot<policy::PolicySet> policies{std::make_shared<policy::PolicySet>(policy::PolicySetParts{})};
  Snapshot<NamespaceLabels> namespaces{std::make_shared<NamespaceLabels>()};
  Snapshot<policy::Exploitation> exploitation;
  Snapshot<TrustObjects> trust{std::make_shared<TrustObjects>()};
  Guarded<std::chrono::steady_clock::time_point> published_at{std::chrono::steady_clock::now()};

  // Each returns whether a last good version is in force.
  bool PutBrokenScan(const api::ObjectKey& key, const Error& error);
  bool PutNamespace(const api::ObjectKey& key, Result<api::Object>& object);
  bool PutEntry(const api::ObjectKey& key, std::string_view origin, Result<api::Object>& object, std::optional<api::PolicyMatch> match);
  void NoteFault(const api::ObjectKey& key, std::string_view origin, const Error* error, bool last_good);
};

bool Catalogue::State::PutBrokenScan(const api::ObjectKey& key, const Error& error) {
  const auto digest = DigestOfName(key.name);
  return digest && !scans.PutBroken(*digest, error.message);
}

bool Catalogue::State::PutNamespace(const api::ObjectKey& key, Result<api::Object>& object) {
  return objects.With([&](Objects& all) {
    if (!object) return all.namespaces.contains(key.name);
    all.namespaces.insert_or_assign(key.name, std::move(std::get<api::Namespace>(*object).metadata.labels));
    all.namespaces_changed = true;
    return true;
  });
}

bool Catalogue::State::PutEntry(const api::ObjectKey& key, std::string_view origin, Result<api::Object>& object,
                                std::optional<api::PolicyMatch> match) {
  return objects.With([&](Objects& all) {
    Entry& entry = all.entries[key];
    all.policies_changed = true;
    if (object) {
      entry.good = std::move(*object);
      entry.fault.reset();
      all.changed.push_back(key.ToString());
    } else {
      entry.fault = Fault{std::string(origin), object.error().message, std::move(match)};
    }
    return entry.good.has_value();
  });
}

void Catalogue::State::NoteFault(const api::ObjectKey& key, std::string_view origin, const Error* error, bool last_good) {
  objects.With([&](Objects& all) {
    if (error == nullptr) {
      if (!all.faults.empty()) all.faults.erase(key);
    } else {
      all.faults.insert_or_assign(key, std::pair(Fault{std::string(origin), error->message, std::nullopt}, last_good));
    }
  });
}

Catalogue::Catalogue() : state_(std::make_unique<State>()) {}
Catalogue::~Catalogue() = default;

void Catalogue::Put(const api::ObjectKey& key, std::string_view origin, Result<api::Object> object, std::optional<api::PolicyMatch> match) {
  if (object && key.kind == kScanKind) return PutScan(key, std::make_shared<const policy::ScanRecord>(std::get<api::ImageScan>(*object)));
  std::optional<Error> error;
  if (!object) error = object.error();
  bool last_good = false;
  if (key.kind == kScanKind) {
    last_good = state_->PutBrokenScan(key, *error);
    state_->NoteFault(key, origin, error ? &*error : nullptr, last_good);
  } else if (key.kind == kNamespaceKind) {
    last_good = state_->PutNamespace(key, object);
    state_->NoteFault(key, origin, error ? &*error : nullptr, last_good);
  } else {
    last_good = state_->PutEntry(key, origin, object, std::move(match));
  }
  if (!error) return;
  log::Warn("object refused",
            {{"origin", origin}, {"object", key.ToString()}, {"error", error->message}, {"last_good_in_force", last_good}});
}

void Catalogue::PutScan(const api::ObjectKey& key, std::shared_ptr<const policy::ScanRecord> scan) {
  state_->scans.Put(std::move(scan));
  state_->NoteFault(key, "", nullptr, true);
}

void Catalogue::Remove(const api::ObjectKey& key) {
  if (key.kind == kScanKind) {
    if (const auto digest = DigestOfName(key.name)) state_->scans.Remove(*digest);
  }
  state_->objects.With([&](Objects& all) {
    all.faults.erase(key);
    if (key.kind == kNamespaceKind && all.namespaces.erase(key.name) > 0) all.namespaces_changed = true;
    if (all.entries.erase(key) == 0) return;
    all.policies_changed = true;
    all.removed.push_back(key.ToString());
  });
}

void Catalogue::PutUnreadable(std::string_view origin, const Error& error, bool may_hold_policies, bool has_last_good) {
  const bool denies = may_hold_policies && !has_last_good;
  state_->objects.With([&](Objects& all) {
    all.unreadable.insert_or_assign(std::string(origin), UnreadableOrigin{error.message, denies, has_last_good});
    all.policies_changed = true;
  });
  log::Warn("origin unreadable",
            {{"origin", origin}, {"error", error.message}, {"last_good_in_force", has_last_good}, {"denies_everything", denies}});
}

void Catalogue::ClearUnreadable(std::string_view origin) {
  state_->objects.With([&](Objects& all) {
    const auto found = all.unreadable.find(origin);
    if (found == all.unreadable.end()) return;
    all.unreadable.erase(found);
    all.policies_changed = true;
    log::Info("origin readable again", {{"origin", origin}});
  });
}

void Catalogue::Publish() {
  std::lock_guard lock(state_->publishing);
  std::optional<policy::PolicySetParts> parts;
  std::shared_ptr<const NamespaceLabels> namespaces;
  std::shared_ptr<const TrustObjects> trust;
  state_->objects.With([&](Objects& all) {
    if (std::exchange(all.policies_changed, false)) {
      parts = PartsOf(all);
      LogChanges(all, *parts);
      trust = TrustOf(all);
    }
    if (std::exchange(all.namespaces_changed, false)) namespaces = std::make_shared<NamespaceLabels>(all.namespaces);
  });
  if (parts) state_->policies.Publish(std::make_shared<policy::PolicySet>(std::move(*parts)));
  if (trust) state_->trust.Publish(std::move(trust));
  if (namespaces) state_->namespaces.Publish(std::move(namespaces));
  state_->published_at.With([](auto& when) { when = std::chrono::steady_clock::now(); });
}

std::shared_ptr<const policy::PolicySet> Catalogue::Policies() const {
  return state_->policies.Get();
}

std::shared_ptr<const NamespaceLabels> Catalogue::Namespaces() const {
  return state_->namespaces.Get();
}

std::shared_ptr<const TrustObjects> Catalogue::Trust() const {
  return state_->trust.Get();
}

void Catalogue::PutExploitation(std::shared_ptr<const policy::Exploitation> exploitation) {
  state_->exploitation.Publish(std::move(exploitation));
}

std::shared_ptr<const policy::Exploitation> Catalogue::Exploitation() const {
  return state_->exploitation.Get();
}

const ScanIndex& Catalogue::Scans() const {
  return state_->scans;
}

std::vector<Problem> Catalogue::Problems() const {
  return state_->objects.With([](const Objects& all) {
    std::vector<Problem> problems;
    problems.reserve(all.unreadable.size() + all.faults.size());
    for (const auto& [origin, unreadable] : all.unreadable) {
      problems.push_back({origin, "", unreadable.error, unreadable.has_last_good, unreadable.denies_everything});
    }
    for (const auto& [key, entry] : all.entries) {
      if (!entry.fault) continue;
      const bool denies = api::IsPolicyKind(key.kind) && key.namespace_.empty() && !entry.good && !entry.fault->match;
      problems.push_back({entry.fault->origin, key.ToString(), entry.fault->error, entry.good.has_value(), denies});
    }
    for (const auto& [key, fault] : all.faults) {
      problems.push_back({fault.first.origin, key.ToString(), fault.first.error, fault.second, false});
    }
    return problems;
  });
}

std::map<std::string, std::size_t> Catalogue::Counts() const {
  auto counts = state_->objects.With([](const Objects& all) {
    std::map<std::string, std::size_t> result;
    for (const auto& [key, entry] : all.entries) {
      if (entry.good) ++result[key.kind];
    }
    result[std::string(kNamespaceKind)] = all.namespaces.size();
    return result;
  });
  counts[std::string(kScanKind)] = state_->scans.size();
  return counts;
}

std::chrono::steady_clock::time_point Catalogue::PublishedAt() const {
  return state_->published_at.With([](const auto& when) { return when; });
}

}  // namespace hullwright::evidence
