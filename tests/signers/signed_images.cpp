#include "signers/signed_images.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace hullwright::testing {
namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

constexpr std::string_view kEmail = "alice@example.com";
constexpr std::string_view kWorkflow = "acme/ci/.github/workflows/release.yml@refs/heads/main";
constexpr std::string_view kPredicate =
    R"({"buildDefinition": {"buildType": "https://example.com/build", "externalParameters": {}}, "runDetails": {"builder": {"id": "https://example.com/builder"}}})";

void Append(Arguments& arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

json Window(const char* start, const char* end) {
  return end == nullptr ? json{{"start", start}} : json{{"start", start}, {"end", end}};
}

// The trusted root of the stack with one kind of authority in use at another time.
json RootFor(Question question) {
  std::ifstream stream(SigningStack::Shared().trusted_root());
  json root = json::parse(stream);
  const json past = Window("2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), future = Window("2040-01-01T00:00:00Z", nullptr);
  if (question == Question::kAuthorityPast) root["certificateAuthorities"][0]["validFor"] = past;
  if (question == Question::kAuthorityFuture) root["certificateAuthorities"][0]["validFor"] = future;
  if (question == Question::kStampsPast) root["timestampAuthorities"][0]["validFor"] = past;
  if (question == Question::kCertificateLogPast) root["ctlogs"][0]["publicKey"]["validFor"] = past;
  if (question == Question::kLogPast) root["tlogs"][0]["publicKey"]["validFor"] = past;
  return root;
}

// What cosign has to be told of a key to hash as it signed.
std::string DigestAlgorithm(const std::string& algorithm) {
  if (algorithm == "ecdsa-p384") return "sha384";
  if (algorithm == "ecdsa-p521") return "sha512";
  return "sha256";
}

std::string NotationPolicy(const Demand& demand, bool stamped) {
  const json stores = stamped ? json{"ca:shop", "tsa:clock"} : json{"ca:shop"};
  return json{{"version", "1.0"},
              {"trustPolicies",
               {{{"name", "all"},
                 {"registryScopes", {"*"}},
                 {"signatureVerification", {{"level", "strict"}, {"override", {{"revocation", "skip"}}}}},
                 {"trustStores", stores},
                 {"trustedIdentities", {"x509.subject: " + demand.subject}}}}}}
      .dump();
}

void Require(const ProcessResult& result, const Signing& signing) {
  if (result.exit != 0) throw std::runtime_error(fmt::format("{}: cannot sign\n{}{}", ToString(signing), result.out, result.err));
}

Answer AnswerOf(ProcessResult result) {
  return {result.exit == 0, std::move(result.err)};
}

}  // namespace

SignedImages::SignedImages(RegistryKind kind) : registry_(kind) {
  predicate_ = tools_.Write("predicate.json", std::string(kPredicate));
  PushBase();
  for (const auto question :
       {Question::kAuthorityPast, Question::kAuthorityFuture, Question::kStampsPast, Question::kCertificateLogPast, Question::kLogPast}) {
    roots_[question] = tools_.Write(fmt::format("root-{}.json", static_cast<int>(question)), RootFor(question).dump());
  }
}

void SignedImages::PushBase() {
  base_ = registry_.host() + "/base/app";
  manifest_digest_ = tools_.PushImage(base_ + ":amd64", {"app", "linux/amd64"});
  tools_.PushImage(base_ + ":arm64", {"app", "linux/arm64"});
  index_digest_ = tools_.PushIndex(base_ + ":1", {base_ + ":amd64", base_ + ":arm64"});
}

const SignedImages::Keys& SignedImages::KeysOf(const std::string& algorithm) {
  const auto known = keys_.find(algorithm);
  if (known != keys_.end()) return known->second;
  const std::string other = algorithm.starts_with("rsa") ? "rsa-2048" : algorithm;  // bigger ones take seconds
  return keys_[algorithm] = {tools_.MakeCosignKey(algorithm, algorithm), tools_.MakeCosignKey(algorithm + "-other", other)};
}

std::string SignedImages::AuthorityOf(const std::string& algorithm) {
  const auto known = authorities_.find(algorithm);
  if (known != authorities_.end()) return known->second;
  return authorities_[algorithm] = tools_.AddNotationSigner("notation-" + algorithm, {.algorithm = algorithm});
}

SignedImage SignedImages::Prepare(const Signing& signing) {
  SignedImage image{};
  image.signing = signing;
  image.repository = fmt::format("{}/case/{}", registry_.host(), ++next_);
  tools_.Copy(base_ + ":1", image.repository + ":1");
  image.digest = signing.index ? index_digest_ : manifest_digest_;
  image.other_digest = signing.index ? manifest_digest_ : index_digest_;
  if (signing.who == Who::kKey) {
    image.key = KeysOf(signing.algorithm).right;
    image.other_key = KeysOf(signing.algorithm).other;
  } else if (signing.is_notation()) {
    image.authority = AuthorityOf(signing.algorithm);
    image.other_authority = AuthorityOf(signing.algorithm == "ecdsa-p256" ? "ecdsa-p384" : "ecdsa-p256");
    image.subject = fmt::format("C=DE, ST=Berlin, O=hullwright.test, CN=notation-{}", signing.algorithm);
  } else {
    const auto& stack = SigningStack::Shared();
    const bool person = signing.who == Who::kPerson;
    image.subject = person ? std::string(kEmail) : fmt::format("https://github.com/{}", kWorkflow);
    image.issuer = person ? stack.person_issuer() : stack.workflow_issuer();
  }
  return image;
}

const SignedImage& SignedImages::Of(const Signing& signing) {
  const std::string name = ToString(signing);
  const auto known = images_.find(name);
  if (known != images_.end()) return known->second;
  SignedImage image = Prepare(signing);
  if (signing.is_notation())
    SignWithNotation(image);
  else
    SignWithCosign(image);
  return images_[name] = std::move(image);
}

void SignedImages::SignWithCosign(const SignedImage& image) {
  auto& stack = SigningStack::Shared();
  const Signing& signing = image.signing;
  Arguments arguments = {signing.is_attestation() ? "attest" : "sign", "--yes", "--allow-http-registry"};
  if (signing.is_attestation()) Append(arguments, {"--type", "slsaprovenance1", "--predicate", predicate_});
  if (signing.who == Who::kKey) Append(arguments, {"--key", image.key.private_key});
  if (signing.who == Who::kPerson) Append(arguments, {"--identity-token", stack.PersonToken(std::string(kEmail))});
  if (signing.who == Who::kWorkflow) Append(arguments, {"--identity-token", stack.WorkflowToken("acme/shop", std::string(kWorkflow))});
  if (signing.is_bundle()) {
    Append(arguments,
           {"--trusted-root", stack.trusted_root(), "--signing-config", signing.in_log ? stack.signing_config() : stack.local_config()});
  } else {
    Append(arguments, {"--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false"});
  }
  arguments.push_back(image.repository + "@" + image.digest);
  Require(tools_.Cosign(arguments), signing);
}

void SignedImages::SignWithNotation(const SignedImage& image) {
  const Signing& signing = image.signing;
  Arguments arguments = {"sign", "--insecure-registry", "--force-referrers-tag=false", "--key", "notation-" + signing.algorithm};
  Append(arguments, {"--signature-format", signing.format == Format::kNotationJws ? "jws" : "cose"});
  const auto& stack = SigningStack::Shared();
  if (signing.in_log) Append(arguments, {"--timestamp-url", stack.timestamp_url(), "--timestamp-root-cert", stack.tsa_root()});
  arguments.push_back(image.repository + "@" + image.digest);
  Require(tools_.Notation(arguments), signing);
}

Demand SignedImages::DemandFor(const SignedImage& image, Question question) const {
  Demand demand{.reference = image.repository + "@" + (question == Question::kOtherDigest ? image.other_digest : image.digest),
                .attestation = image.signing.is_attestation() != (question == Question::kOtherKind),
                .public_key = question == Question::kOtherKey ? image.other_key.public_key : image.key.public_key,
                .subject = image.subject,
                .issuer = image.issuer,
                .patterns = question == Question::kPatterns,
                .log_required = question == Question::kLogRequired || question == Question::kLogPast,
                .trusted_root = roots_.contains(question) ? roots_.at(question) : SigningStack::Shared().trusted_root(),
                .authority = question == Question::kOtherKey ? image.other_authority : image.authority};
  if (question == Question::kOtherSubject) demand.subject += image.signing.is_notation() ? "-other" : ".org";
  if (question == Question::kOtherIssuer) demand.issuer += "/other";
  if (demand.patterns) {
    demand.subject = image.signing.who == Who::kPerson ? "[a-z]+@example\\.com" : "https://github\\.com/acme/ci/.*@refs/heads/main";
    demand.issuer = "http://127\\.0\\.0\\.1:[0-9]+/(people|workflows)";
  }
  return demand;
}

Answer SignedImages::AskTools(const SignedImage& image, const Demand& demand) {
  return image.signing.is_notation() ? AskNotation(image, demand) : AskCosign(image, demand);
}

Answer SignedImages::AskCosign(const SignedImage& image, const Demand& demand) {
  const Signing& signing = image.signing;
  Arguments arguments = {demand.attestation ? "verify-attestation" : "verify", "--allow-http-registry", "--trusted-root",
                         demand.trusted_root};
  if (demand.attestation) Append(arguments, {"--type", demand.predicate_type});
  if (!signing.is_bundle()) arguments.push_back("--new-bundle-format=false");
  if (signing.who == Who::kKey) {
    Append(arguments, {"--key", demand.public_key});
    if (!demand.attestation) Append(arguments, {"--signature-digest-algorithm", DigestAlgorithm(signing.algorithm)});
    if (!demand.log_required) arguments.push_back("--insecure-ignore-tlog");
  } else {
    // cosign's patterns are not anchored.
    Append(arguments, {demand.patterns ? "--certificate-identity-regexp" : "--certificate-identity",
                       demand.patterns ? "^(" + demand.subject + ")$" : demand.subject});
    Append(arguments, {demand.patterns ? "--certificate-oidc-issuer-regexp" : "--certificate-oidc-issuer",
                       demand.patterns ? "^(" + demand.issuer + ")$" : demand.issuer});
  }
  if (signing.in_log) arguments.push_back("--use-signed-timestamps");
  arguments.push_back(demand.reference);
  return AnswerOf(tools_.Cosign(arguments));
}

Answer SignedImages::AskNotation(const SignedImage& image, const Demand& demand) {
  const std::string name = fmt::format("trust-{}", ++next_);
  SigningTools::NotationTrust trust{.authorities = {{"shop", demand.authority}},
                                    .timestamp_authorities = {{"clock", SigningStack::Shared().tsa_root()}},
                                    .policy = NotationPolicy(demand, image.signing.in_log)};
  return AnswerOf(tools_.Notation({"verify", "-v", "--insecure-registry", demand.reference}, tools_.WriteNotationTrust(name, trust)));
}

}  // namespace hullwright::testing
