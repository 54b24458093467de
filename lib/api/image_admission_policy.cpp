#include "api/image_admission_policy.h"

#include <algorithm>

#include "api/kind.h"
#include "api/shared_tables.h"
#include "base/json_text.h"

namespace hullwright::api {
namespace {

const std::vector<ContainerType> kAllContainerTypes = {ContainerType::kContainers, ContainerType::kInitContainers,
                                                       ContainerType::kEphemeralContainers, ContainerType::kImageVolumes};

void DeriveMatch(PolicyMatch& match, const Given& given) {
  if (!given.Has("containerTypes")) match.container_types = kAllContainerTypes;
}

void DeriveSpec(ImageAdmissionPolicySpec& spec, const Given& given) {
  if (!given.Has("match")) spec.match.container_types = kAllContainerTypes;
}

// newImages is the hardest a policy acts; whoever wants more says so there.
void CheckNotHarder(const Given& given, std::string_view field, Enforcement value, Enforcement new_images) {
  if (!given.HasGood(field) || value <= new_images) return;
  std::string allowed(ToString(Enforcement::kAudit));
  if (new_images == Enforcement::kWarn) allowed = "Audit or Warn";
  given.Mistake(field, std::string(ToString(value)) + " is harder than newImages, which is " + std::string(ToString(new_images)) +
                           ": write " + allowed + " here, or make newImages harder");
}

void CheckEnforcement(PolicyEnforcement& enforcement, const Given& given) {
  if (!given.HasGood("newImages")) return;
  Enforcement new_images = enforcement.new_images;
  if (!given.Has("noData")) enforcement.no_data = new_images;
  if (!given.Has("templates")) enforcement.templates = std::min(Enforcement::kWarn, new_images);
  if (!given.Has("admittedImages")) enforcement.admitted_images = new_images;
  CheckNotHarder(given, "noData", enforcement.no_data, new_images);
  CheckNotHarder(given, "templates", enforcement.templates, new_images);
  CheckNotHarder(given, "admittedImages", enforcement.admitted_images, new_images);
}

void CheckReference(ReferenceRules&, const Given& given) {
  if (!given.Has("digest") && !given.Has("forbiddenTags"))
    given.Mistake("", "an empty rule asks for nothing: write digest or forbiddenTags");
}

void CheckPublishers(PublisherRules& rules, const Given& given) {
  if (!given.HasGood("refs") || !given.HasGood("minimum")) return;
  auto count = static_cast<std::int64_t>(rules.refs.size());
  if (rules.minimum > count) {
    given.Mistake("minimum",
                  "must be at most " + std::to_string(count) + ", as many as there are refs, not " + std::to_string(rules.minimum));
  }
}

// A grace period of a time that findings never have would never end.
void CheckGrace(const ForbidEntry& entry, const Given& given) {
  if (given.Has("graceHours") && !given.Has("graceFrom"))
    given.Mistake("graceFrom", "is required beside graceHours: write FirstSeen, FixFirstSeen or Published");
  if (given.Has("graceFrom") && !given.Has("graceHours"))
    given.Mistake("graceHours", "is required beside graceFrom: write for how many hours a finding is let pass");
  const bool fix_is_read = !given.Has("fix") || given.HasGood("fix");
  if (given.HasGood("graceFrom") && entry.grace_from == GraceFrom::kFixFirstSeen && fix_is_read && entry.fix != FixCondition::kAvailable)
    given.Mistake("graceFrom", "FixFirstSeen needs fix: Available in the same entry: a finding without a fix has no such time");
}

void CheckForbidEntry(ForbidEntry& entry, const Given& given) {
  CheckGrace(entry, given);
  bool asks_for_fix = given.Has("fix") && (!given.HasGood("fix") || entry.fix != FixCondition::kAny);
  if (given.Has("severities") || given.Has("minCVSS") || given.Has("ids") || given.Has("layers") || asks_for_fix) return;
  if (given.Has("minEPSS") || entry.known_exploited || (given.Has("knownExploited") && !given.HasGood("knownExploited"))) return;
  given.Mistake("",
                "an entry needs a condition, or every finding would meet it: write severities, fix, layers, minCVSS, minEPSS, "
                "knownExploited or ids");
}

void CheckScan(ScanRequirements&, const Given& given) {
  if (given.Has("maxAgeHours") || given.Has("maxDatabaseAgeHours") || given.Has("scannerRefs")) return;
  given.Mistake("", "an empty block asks for nothing: write maxAgeHours, maxDatabaseAgeHours or scannerRefs, or leave scan out");
}

void CheckConsent(WaiverConsent& consent, const Given& given) {
  if (given.HasGood("maxSeverity") && consent.max_severity == Severity::kUnknown) {
    given.Mistake("maxSeverity", "must be one of Negligible, Low, Medium, High, Critical: no finding is below Unknown");
  }
}

void CheckRules(PolicyRules&, const Given& given) {
  for (std::string_view rule : {"reference", "publishers", "vulnerabilities", "attestations", "image"}) {
    if (given.Has(rule)) return;
  }
  given.Mistake("", "a policy needs at least one rule: write reference, publishers, attestations, vulnerabilities or image");
}

std::vector<PrinterColumn> PolicyColumns() {
  return {{"NewImages", "string", ".spec.enforcement.newImages", "What a Pod with a new image meets."},
          {"Violating", "integer", ".status.summary.violating", "Images that run and violate the policy."},
          {"NoData", "integer", ".status.summary.noData", "Images that run and of which too little is known."},
          {"Ready", "string", R"(.status.conditions[?(@.type=="Ready")].status)", "Whether the policy is in force."}};
}

}  // namespace

template <>
const std::vector<EnumWord<DigestRule>>& WordsOf<DigestRule>() {
  static const std::vector<EnumWord<DigestRule>> words = {
      {DigestRule::kFromAuthor, "FromAuthor"},
      {DigestRule::kPinned, "Pinned"},
      {DigestRule::kNotRequired, "NotRequired"},
  };
  return words;
}

template <>
const std::vector<EnumWord<FixCondition>>& WordsOf<FixCondition>() {
  static const std::vector<EnumWord<FixCondition>> words = {
      {FixCondition::kAny, "Any"},
      {FixCondition::kAvailable, "Available"},
      {FixCondition::kNone, "None"},
  };
  return words;
}

template <>
const std::vector<EnumWord<GraceFrom>>& WordsOf<GraceFrom>() {
  static const std::vector<EnumWord<GraceFrom>> words = {
      {GraceFrom::kFirstSeen, "FirstSeen"},
      {GraceFrom::kFixFirstSeen, "FixFirstSeen"},
      {GraceFrom::kPublished, "Published"},
  };
  return words;
}

template <>
const std::vector<EnumWord<WaiverKind>>& WordsOf<WaiverKind>() {
  static const std::vector<EnumWord<WaiverKind>> words = {
      {WaiverKind::kVulnerabilityException, "VulnerabilityException"},
      {WaiverKind::kClusterVulnerabilityException, "ClusterVulnerabilityException"},
      {WaiverKind::kBreakGlass, "BreakGlass"},
  };
  return words;
}

template <>
const Table& TableOf<PolicyMatch>() {
  // clang-format off
  static const auto table = StructTable<PolicyMatch>({
      Field<&PolicyMatch::images>("images", "Image names the policy covers. Left out: every image.")
          .Items(1, 256).Distinct(),
      Field<&PolicyMatch::exclude_images>("excludeImages", "Image names it leaves to other policies.")
          .Items(0, 256).Distinct(),
      Field<&PolicyMatch::namespace_selector>("namespaceSelector",
          "Namespaces the policy covers, by their labels. Left out: every namespace.")
          .ClusterKindOnly(),
      Field<&PolicyMatch::container_types>("containerTypes", "The lists of a Pod's images that the policy covers.")
          .Items(1, 4).Distinct().Derived("all four"),
  }).Check(DeriveMatch);
  // clang-format on
  return table;
}

template <>
const Table& TableOf<PolicyEnforcement>() {
  // clang-format off
  static const auto table = StructTable<PolicyEnforcement>({
      Field<&PolicyEnforcement::new_images>("newImages",
          "What happens to a Pod whose image violates the policy: Deny refuses it, Warn admits it with a warning, Audit only records "
          "it. Nothing below acts harder than this.")
          .Required(),
      Field<&PolicyEnforcement::no_data>("noData", "The same where too little is known to tell.")
          .Derived("as newImages"),
      Field<&PolicyEnforcement::templates>("templates",
          "The same for Deployments and other templates, as early feedback; their Pods are judged again.")
          .Derived("the softer of Warn and newImages"),
      Field<&PolicyEnforcement::admitted_images>("admittedImages",
          "The same for a digest that this namespace already ran under this policy. Softens vulnerability, freshness and age rules "
          "only.")
          .Derived("as newImages"),
      Field<&PolicyEnforcement::admitted_hours>("admittedHours", "For how long admittedImages holds; then newImages does again.")
          .Between(1, 8760),
      Field<&PolicyEnforcement::registry_outage_hours>("registryOutageHours",
          "While a registry cannot be asked: how old what was verified before may be and still count. Each such answer says so. 0: it does "
          "not count.")
          .Between(0, 720),
  }).Check(CheckEnforcement)
  .Cel("!has(self.noData) || self.newImages == 'Deny' || self.noData == 'Audit' || self.noData == self.newImages",
      "noData must not be harder than newImages")
  .Cel("!has(self.templates) || self.newImages == 'Deny' || self.templates == 'Audit' || self.templates == self.newImages",
      "templates must not be harder than newImages")
  .Cel("!has(self.admittedImages) || self.newImages == 'Deny' || self.admittedImages == 'Audit' || self.admittedImages == self.newImages",
      "admittedImages must not be harder than newImages");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ReferenceRules>() {
  // clang-format off
  static const auto table = StructTable<ReferenceRules>({
      Field<&ReferenceRules::digest>("digest",
          "FromAuthor: the object itself names the digest. Pinned: a digest is there when the Pod is judged, whoever added it. "
          "NotRequired: a tag will do for this rule.")
          .Written(),
      Field<&ReferenceRules::forbidden_tags>("forbiddenTags", "Tags that are refused where there is no digest; beside one a tag decides nothing.")
          .Items(1, 64).Length(1, 128).Format(kTagPattern).Distinct(),
  }).Check(CheckReference)
  .Cel("has(self.digest) || has(self.forbiddenTags)", "write digest or forbiddenTags");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<PublisherRules>() {
  // clang-format off
  static const auto table = StructTable<PublisherRules>({
      Field<&PublisherRules::refs>("refs", "The TrustedPublishers that may vouch for an image.")
          .Required().Items(1, 32).DistinctBy({"name"}),
      Field<&PublisherRules::minimum>("minimum", "How many distinct ones of them must.").Between(1, 32),
  }).Check(CheckPublishers)
  .Cel("!has(self.minimum) || self.minimum <= size(self.refs)", "minimum must be at most the number of refs");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ForbidEntry>() {
  // clang-format off
  static const auto table = StructTable<ForbidEntry>({
      Field<&ForbidEntry::name>("name", "How reasons call the entry.").Required().Length(1, 63).Format(kDnsLabel),
      Field<&ForbidEntry::severities>("severities", "Severities that meet the entry. Left out: any.")
          .Items(1, 6).Distinct(),
      Field<&ForbidEntry::fix>("fix", "Available: the vendor offers a fix. None: there is none, or the vendor will not make one."),
      Field<&ForbidEntry::layers>("layers",
          "Parts of the image that meet the entry. Base and Application are told apart where image.baseImages of this policy, with proof: "
          "Layers, proves the base, and the scan says in which layers a finding is. Unknown has to be listed to be met; where it is not, a "
          "finding of which that is not known is no data. Left out: any.")
          .Items(1, 3).Distinct(),
      Field<&ForbidEntry::min_cvss>("minCVSS", "The least CVSS score that meets the entry.").Between(0, 10),
      Field<&ForbidEntry::min_epss>("minEPSS",
          "The least EPSS probability that meets the entry, of any CVE among the finding's names. Where no scores are loaded, or a CVE has none, "
          "there is no data. Left out: any.")
          .Between(0, 1),
      Field<&ForbidEntry::known_exploited>("knownExploited",
          "true: only vulnerabilities in CISA's catalogue of known exploited ones meet the entry, by id or alias. Where it is not loaded, there "
          "is no data."),
      Field<&ForbidEntry::ids>("ids", "Vulnerability ids or aliases, in upper or lower case. Left out: any.")
          .Items(1, 256).Length(1, 128).Format(kVulnerabilityId).Distinct(),
      Field<&ForbidEntry::grace_hours>("graceHours",
          "For so long after the time that graceFrom names, a finding that meets the entry gives a notice and does not violate. One of which "
          "the scan does not say that time, or says one that is yet to come, is no data. Left out: it violates at once.")
          .Between(1, 87'600),
      Field<&ForbidEntry::grace_from>("graceFrom",
          "FirstSeen: when the vulnerability was first seen in this repository and package. FixFirstSeen: when a fix was first seen for it "
          "there; needs fix: Available. Published: when it was published. Given together with graceHours."),
      Field<&ForbidEntry::more_than>("moreThan", "How many such findings are still accepted.").Between(0, 100'000),
      Field<&ForbidEntry::waivable>("waivable", "Whether exceptions, break-glass and VEX statements count against this entry."),
  }).Check(CheckForbidEntry)
  .Cel("has(self.severities) || has(self.layers) || has(self.minCVSS) || has(self.minEPSS) || (has(self.knownExploited) && self.knownExploited) || "
      "has(self.ids) || (has(self.fix) && self.fix != 'Any')",
      "an entry needs a condition: severities, fix, layers, minCVSS, minEPSS, knownExploited or ids")
  .Cel("has(self.graceHours) == has(self.graceFrom)", "graceHours and graceFrom are given together")
  .Cel("!has(self.graceFrom) || self.graceFrom != 'FixFirstSeen' || (has(self.fix) && self.fix == 'Available')",
      "graceFrom FixFirstSeen needs fix: Available");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ScanRequirements>() {
  // clang-format off
  static const auto table = StructTable<ScanRequirements>({
      Field<&ScanRequirements::max_age_hours>("maxAgeHours", "A scan older than this is no data. Left out: any age will do.")
          .Between(1, 87'600),
      Field<&ScanRequirements::max_database_age_hours>("maxDatabaseAgeHours",
          "A scan with a vulnerability database older than this is no data. Left out: any age will do.")
          .Between(1, 87'600),
      Field<&ScanRequirements::scanner_refs>("scannerRefs", "Scanners that must each have a complete result. Left out: any one.")
          .Items(1, 16).DistinctBy({"name"}),
  }).Check(CheckScan);
  // clang-format on
  return table;
}

template <>
const Table& TableOf<WaiverConsent>() {
  // clang-format off
  static const auto table = StructTable<WaiverConsent>({
      Field<&WaiverConsent::kinds>("kinds", "The kinds of exception that count.").Required().Items(1, 3).Distinct(),
      Field<&WaiverConsent::namespace_selector>("namespaceSelector",
          "Namespaces in whose requests they count, by their labels. Left out: every one."),
      Field<&WaiverConsent::max_severity>("maxSeverity",
          "The most severe finding that may be waived. Findings of severity Unknown need Critical here."),
      Field<&WaiverConsent::max_days>("maxDays", "The longest life of an exception, from its creation to its end. Left out: any.")
          .Between(1, 3650),
  }).Check(CheckConsent);
  // clang-format on
  return table;
}

template <>
const Table& TableOf<VexRules>() {
  // clang-format off
  static const auto table = StructTable<VexRules>({
      Field<&VexRules::publisher_refs>("publisherRefs",
          "TrustedPublishers whose statements count, attested beside the images of their own repositories.")
          .Required().Items(1, 32).DistinctBy({"name"}),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<VulnerabilityRules>() {
  // clang-format off
  static const auto table = StructTable<VulnerabilityRules>({
      Field<&VulnerabilityRules::forbid>("forbid",
          "Each entry is the AND of its conditions; a finding that meets any entry violates the policy.")
          .Required().Items(1, 64).DistinctBy({"name"}),
      Field<&VulnerabilityRules::scan>("scan", "What a scan must be like to count. One that is missing or older is no data."),
      Field<&VulnerabilityRules::waivers>("waivers", "The policy's consent to exceptions. Left out: none count."),
      Field<&VulnerabilityRules::vex>("vex",
          "Whose signed VEX statements (OpenVEX, CycloneDX, CSAF) take findings away from entries that may be waived. Left out: nobody's."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<PolicyRules>() {
  // clang-format off
  static const auto table = StructTable<PolicyRules>({
      Field<&PolicyRules::reference>("reference", "How the image must be referred to."),
      Field<&PolicyRules::publishers>("publishers", "Who must vouch for it."),
      Field<&PolicyRules::vulnerabilities>("vulnerabilities", "What its scans may have found."),
      Field<&PolicyRules::attestations>("attestations", "What must be attested of it, and by whom; every entry must be met.")
          .Items(1, 16).DistinctBy({"name"}),
      Field<&PolicyRules::image>("image", "What it must be like."),
  }).Check(CheckRules);
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageAdmissionPolicySpec>() {
  // clang-format off
  static const auto table = StructTable<ImageAdmissionPolicySpec>({
      Field<&ImageAdmissionPolicySpec::match>("match", "What the policy covers. Left out: everything in its scope."),
      Field<&ImageAdmissionPolicySpec::enforcement>("enforcement", "How hard it acts.").Required(),
      Field<&ImageAdmissionPolicySpec::rules>("rules", "What it wants; all of its rules must hold.").Required(),
  }).Check(DeriveSpec);
  // clang-format on
  return table;
}

template <>
const Table& TableOf<PolicySummary>() {
  // clang-format off
  static const auto table = StructTable<PolicySummary>({
      Field<&PolicySummary::images>("images", "Images that run and are covered."),
      Field<&PolicySummary::violating>("violating", "Those that violate the policy."),
      Field<&PolicySummary::no_data>("noData", "Those of which too little is known."),
      Field<&PolicySummary::waived>("waived", "Those that pass by an exception."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageAdmissionPolicyStatus>() {
  // clang-format off
  static const auto table = StructTable<ImageAdmissionPolicyStatus>({
      Field<&ImageAdmissionPolicyStatus::conditions>("conditions", "Ready: the policy is in force.")
          .Items(0, 16).DistinctBy({"type"}),
      Field<&ImageAdmissionPolicyStatus::summary>("summary", "What runs now, counted."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageAdmissionPolicy>() {
  // clang-format off
  static const auto table = StructTable<ImageAdmissionPolicy>({
      Unread("apiVersion", kApiVersionDoc),
      Unread("kind", kKindDoc),
      Field<&ImageAdmissionPolicy::metadata>("metadata", kMetadataDoc).Required(),
      Field<&ImageAdmissionPolicy::spec>("spec", "The policy.").Required(),
      Field<&ImageAdmissionPolicy::status>("status", "Written by the operator.").Lenient(),
  });
  // clang-format on
  return table;
}

Result<PolicyMatch> DecodePolicyMatch(JsonElement object) {
  const Kind* kind = FindKind(TextMember(object, "kind"));
  auto spec = Member(object, "spec");
  if (kind == nullptr || &kind->table != &TableOf<ImageAdmissionPolicy>() || !spec || !spec->is_object()) {
    return Fail(ErrorCode::kInvalidInput, "spec: what the policy covers cannot be read");
  }
  PolicyMatch match;
  match.container_types = kAllContainerTypes;
  Mistakes mistakes;
  Decoding decoding{mistakes, !kind->info.namespaced, kind->info.kind};
  const Path root, spec_path(root, "spec");
  JsonElement element;
  if (spec->get_object().value().at_key("match").get(element) == simdjson::SUCCESS) {
    TableOf<PolicyMatch>().Decode(element, &match, Path(spec_path, "match"), decoding);
  }
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  return match;
}

std::string EncodeMatchLine(const PolicyMatch& match, bool cluster_kind) {
  const OrderedJson json = {{"apiVersion", kApiVersion},
                            {"kind", cluster_kind ? "ClusterImageAdmissionPolicy" : "ImageAdmissionPolicy"},
                            {"spec", {{"match", TableOf<PolicyMatch>().Encode(&match)}}}};
  return JsonLine(json);
}

const Kind& ClusterImageAdmissionPolicyKind() {
  static const Kind kind{
      .info = {"ClusterImageAdmissionPolicy", "clusterimageadmissionpolicies", "clusterimageadmissionpolicy", false},
      .short_name = "ciap",
      .doc =
          "The floor for a whole cluster: what images of the Pods it covers must be like. Every policy that covers an image must be met; "
          "of those that are not, the hardest enforcement acts.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  match:
    images: ["registry.example/**"]
    excludeImages: ["registry.example/sandbox/**"]
    namespaceSelector: {matchLabels: {env: prod}}
    containerTypes: [Containers, InitContainers, EphemeralContainers, ImageVolumes]
  enforcement:
    newImages: Deny
    noData: Deny
    templates: Warn
    admittedImages: Warn
    admittedHours: 168
    registryOutageHours: 4
  rules:
    reference: {digest: Pinned, forbiddenTags: ["latest"]}
    publishers: {refs: [{name: acme}, {name: docker-official}], minimum: 1}
    attestations:
    - name: provenance
      predicateType: https://slsa.dev/provenance/v1
      publisherRefs: [{name: acme-ci}]
      maxAgeHours: 8760
      matchExpressions:
      - {path: /buildDefinition/externalParameters/workflow/ref, operator: In, values: ["refs/heads/main"]}
    image:
      maxAgeDays: 90
      maxSize: 1Gi
      maxLayers: 60
      nonRoot: Required
      endOfLifeOS: Forbidden
      secrets: Forbidden
      licenses: {forbidden: ["AGPL*"]}
      baseImages: {images: ["gcr.io/distroless/**"], proof: Layers}
      platforms: Schedulable
    vulnerabilities:
      forbid:
      - {name: fixable-critical, severities: [Critical], fix: Available}
      - {name: fixable-high, severities: [High], fix: Available, graceHours: 168, graceFrom: FixFirstSeen}
      - {name: score, minCVSS: "9.0"}
      - {name: exploited, knownExploited: true, waivable: false}
      - {name: likely, minEPSS: "0.5", layers: [Application, Unknown]}
      - {name: too-many, severities: [Medium], moreThan: 20}
      - {name: log4shell, ids: [CVE-2021-44228], waivable: false}
      scan: {maxAgeHours: 26, maxDatabaseAgeHours: 72, scannerRefs: [{name: trivy}]}
      waivers:
        kinds: [VulnerabilityException, ClusterVulnerabilityException, BreakGlass]
        namespaceSelector: {}
        maxSeverity: High
        maxDays: 90
)",
      .columns = PolicyColumns(),
      .table = TableOf<ImageAdmissionPolicy>(),
      .decode = DecodeAs<ImageAdmissionPolicy>,
  };
  return kind;
}

const Kind& ImageAdmissionPolicyKind() {
  static const Kind kind{
      .info = {"ImageAdmissionPolicy", "imageadmissionpolicies", "imageadmissionpolicy", true},
      .short_name = "iap",
      .doc = "The namespaced twin of ClusterImageAdmissionPolicy. It covers its own namespace and can only add to the floor.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: ImageAdmissionPolicy
metadata: {name: extra, namespace: shop}
spec:
  enforcement: {newImages: Audit}
  rules:
    publishers: {refs: [{name: acme}]}
    vulnerabilities:
      forbid:
      - {name: critical, severities: [Critical]}
)",
      .columns = PolicyColumns(),
      .table = TableOf<ImageAdmissionPolicy>(),
      .decode = DecodeAs<ImageAdmissionPolicy>,
  };
  return kind;
}

}  // namespace hullwright::api
