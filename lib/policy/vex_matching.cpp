#include "policy/vex_matching.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "policy/clock_skew.h"

namespace hullwright::policy {
namespace {

Truth ToTruth(bool value) {
  return value ? Truth::kYes : Truth::kNo;
}

// "arm64" of "linux/arm64/v8".
std::string_view ArchitectureOf(std::string_view platform) {
  const std::size_t slash = platform.find('/');
  if (slash == std::string_view::npos) return {};
  platform.remove_prefix(slash + 1);
  return platform.substr(0, platform.find('/'));
}

Truth IsOfArchitecture(std::string_view wanted, std::string_view platform) {
  if (wanted.empty()) return Truth::kYes;
  const std::string_view architecture = ArchitectureOf(platform);
  return architecture.empty() ? Truth::kUnknown : ToTruth(EqualWithoutCase(architecture, wanted));
}

Truth HasName(const VexImage& named, const ImageReference& image) {
  const std::string name = image.Name();
  const bool is_one = named.names.empty() || std::ranges::find(named.names, name) != named.names.end();
  const bool ends_so = named.last_segment.empty() || name.ends_with("/" + named.last_segment);
  if (!is_one || !ends_so) return Truth::kNo;
  return named.tag.empty() ? Truth::kYes : Truth::kUnknown;
}

// A value that the statement gives, against the finding's.
Truth HasValue(std::string_view wanted, std::string_view found) {
  if (wanted.empty() || wanted == found) return Truth::kYes;
  return found.empty() ? Truth::kUnknown : Truth::kNo;
}

bool IsNamed(const VexStatement& statement, std::string_view vulnerability) {
  return std::ranges::any_of(statement.names, [&](const std::string& name) { return EqualWithoutCase(name, vulnerability); });
}

Truth NamesFindingOf(const VexStatement& statement, const FindingView& finding) {
  if (IsNamed(statement, finding.id)) return Truth::kYes;
  const auto aliases = finding.Aliases();
  const auto named = std::ranges::count_if(aliases, [&](std::string_view alias) { return IsNamed(statement, alias); });
  if (named == 0) return Truth::kNo;
  return static_cast<std::size_t>(named) == aliases.size() ? Truth::kYes : Truth::kUnknown;
}

Truth IsAboutProduct(const VexProduct& product, const VexTarget& target) {
  const Truth image = IsAbout(product.image, target);
  if (image == Truth::kNo || product.packages.empty()) return image;
  Truth any = Truth::kNo;
  for (const VexPackage& package : product.packages) any = std::max(any, IsAbout(package, target.finding));
  return std::min(image, any);
}

// What IsAbout may compare, of a finding with so many names.
std::uint64_t ComparisonsOfStatement(const VexStatement& statement, const FindingView& finding, std::uint64_t names) {
  const std::uint64_t of_a_product = 10 + finding.package.size() / 10;  // the finding's package URL is read
  std::uint64_t products = 0;
  for (const VexProduct& product : statement.products) products += 1 + product.packages.size();
  return 1 + names * statement.names.size() + of_a_product * products;
}

// The statement that holds, so far.
class Latest {
 public:
  explicit Latest(Time now) : now_(now) {}

  void Consider(const VexStatement& statement, const SignedVex& source, Truth about) {
    const bool suppresses = statement.Suppresses();
    const std::optional<Time> time = statement.timestamp ? statement.timestamp : source.signed_at;
    const bool counts = suppresses ? about == Truth::kYes && (!time || *time <= now_ + kClockSkew) : about != Truth::kNo;
    if (!counts) return;
    // A milder defective statement is as strict as one that is still looked into.
    const VexStatus status = suppresses ? statement.status : std::max(statement.status, VexStatus::kUnderInvestigation);
    const std::pair place(time.value_or(suppresses ? Time::min() : Time::max()), status);
    if (holding_ && place <= place_) return;
    place_ = place;
    holding_ = Suppression{&statement, source.document, source.publisher};
  }

  std::optional<Suppression> Answer() const { return holding_ && holding_->statement->Suppresses() ? holding_ : std::nullopt; }

 private:
  const Time now_;
  std::optional<Suppression> holding_;
  std::pair<Time, VexStatus> place_;
};

}  // namespace

Truth IsAbout(const VexImage& named, const VexTarget& target) {
  if (named.kind == VexImage::Kind::kAttached) return Truth::kYes;
  if (named.kind == VexImage::Kind::kOther) return Truth::kUnknown;
  const Truth is_it =
      named.digest ? ToTruth(*named.digest == target.digest || *named.digest == target.manifest) : HasName(named, target.image);
  return std::min(is_it, IsOfArchitecture(named.architecture, target.platform));
}

Truth IsAbout(const VexPackage& named, const FindingView& finding) {
  if (!named.url) return Truth::kUnknown;
  const auto found = PackageUrl::Parse(finding.package);
  if (!found) return finding.package == named.url->Name() ? Truth::kUnknown : Truth::kNo;  // of which ecosystem is not known
  if (found->identity != named.url->identity) return Truth::kNo;
  Truth same = HasValue(named.url->version, found->version.empty() ? finding.version : std::string_view(found->version));
  for (const auto& [key, value] : named.url->qualifiers) {
    const std::string* there = found->Qualifier(key);
    same = std::min(same, HasValue(value, there == nullptr ? std::string_view() : *there));
  }
  return same;
}

Truth IsAbout(const VexStatement& statement, const VexTarget& target) {
  const Truth named = NamesFindingOf(statement, target.finding);
  if (named == Truth::kNo) return Truth::kNo;
  Truth any = Truth::kNo;
  for (const VexProduct& product : statement.products) {
    any = std::max(any, IsAboutProduct(product, target));
    if (any == Truth::kYes) break;
  }
  return std::min(named, any);
}

std::optional<Suppression> FindSuppression(std::span<const SignedVex> documents, const VexTarget& target, Time now, Budget& budget) {
  if (budget.is_exceeded()) return std::nullopt;
  Latest latest(now);
  const std::vector<std::string_view> aliases = target.finding.Aliases();
  for (const SignedVex& source : documents) {
    const auto consider = [&](std::string_view name) {
      if (budget.is_exceeded()) return;
      for (const VexStatement* statement : source.document->Naming(name)) {
        if (!budget.Spend(ComparisonsOfStatement(*statement, target.finding, 1 + aliases.size()))) return;
        latest.Consider(*statement, source, IsAbout(*statement, target));
      }
    };
    consider(target.finding.id);
    for (const std::string_view alias : aliases) consider(alias);
  }
  return budget.is_exceeded() ? std::nullopt : latest.Answer();
}

}  // namespace hullwright::policy
