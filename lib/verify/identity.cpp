#include "verify/identity.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kFulcioOtherName = "1.3.6.1.4.1.57264.1.7";

using Names = openssl::Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string ToText(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// A name with control characters or nothing in it is no name anybody asked for: such a certificate is refused as a whole.
Checked<void> Add(std::string name, std::vector<std::string>& subjects) {
  if (name.empty() || !IsPlainText(name))
    return Reject(Step::kIdentity, "a subject alternative name of the certificate is empty or malformed");
  subjects.push_back(std::move(name));
  return {};
}

Checked<void> AddOtherName(const OTHERNAME* other, std::vector<std::string>& subjects) {
  if (openssl::ToText(other->type_id) != kFulcioOtherName) return {};
  if (other->value->type != V_ASN1_UTF8STRING) return Reject(Step::kIdentity, "the certificate's otherName is not a UTF8String");
  return Add(ToText(other->value->value.utf8string), subjects);
}

// Exact or full-match.
struct Criterion {
  std::string exact;
  std::shared_ptr<const RE2> pattern;  // null: exact counts

  bool Matches(std::string_view text) const {
    return pattern ? RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *pattern) : text == exact;
  }
  std::string Wanted() const { return pattern ? fmt::format("one matching \"{}\"", pattern->pattern()) : fmt::format("\"{}\"", exact); }
};

Checked<Criterion> Compile(std::string_view what, std::string exact, const std::string& pattern) {
  if (exact.empty() == pattern.empty()) {
    return Reject(Step::kStructure, fmt::format("an identity needs one {}, exact or as a pattern: {}", what,
                                                exact.empty() ? "none is given" : "both are given"));
  }
  if (pattern.empty()) return Criterion{std::move(exact), nullptr};
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (!compiled->ok())
    return Reject(Step::kStructure, fmt::format("the {} pattern \"{}\" is malformed: {}", what, Printable(pattern), compiled->error()));
  return Criterion{"", std::move(compiled)};
}

}  // namespace

Checked<std::vector<std::string>> ReadSubjects(const Certificate& certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> subjects;
  for (const int kind : {GEN_URI, GEN_EMAIL, GEN_OTHERNAME}) {
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
      if (name->type != kind) continue;
      const auto added = kind == GEN_OTHERNAME ? AddOtherName(name->d.otherName, subjects) : Add(ToText(name->d.ia5), subjects);
      if (!added) return std::unexpected(added.error());
    }
  }
  if (subjects.empty())
    return Reject(Step::kIdentity,
                  "the certificate has no subject alternative name that is a URI, an e-mail address or Fulcio's otherName");
  return subjects;
}

Checked<std::vector<std::string>> ReadHostNames(const Certificate& certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> hosts;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    if (const auto added = Add(ToText(name->d.ia5), hosts); !added) return std::unexpected(added.error());
  }
  return hosts;
}

struct IdentityMatcher::Compiled {
  Criterion subject, issuer;
  FulcioExtensions extensions;  // keys as FulcioExtensions has them
};

std::string ToString(const CertificateIdentity& identity) {
  return fmt::format("{} by {}", Printable(fmt::format("{}", fmt::join(identity.subjects, ", "))), Printable(identity.issuer));
}

Checked<CertificateIdentity> ReadIdentity(const Certificate& certificate) {
  const openssl::ErrorQueueGuard guard;
  auto subjects = ReadSubjects(certificate);
  if (!subjects) return std::unexpected(subjects.error());
  auto extensions = ReadFulcioExtensions(certificate);
  if (!extensions) return std::unexpected(extensions.error());
  auto issuer = ReadOidcIssuer(*extensions);
  if (!issuer) return std::unexpected(issuer.error());
  return CertificateIdentity{std::move(*subjects), std::move(*issuer), std::move(*extensions)};
}

Checked<IdentityMatcher> IdentityMatcher::Make(IdentityCriteria criteria) {
  auto subject = Compile("subject", std::move(criteria.subject), criteria.subject_pattern);
  if (!subject) return std::unexpected(subject.error());
  auto issuer = Compile("issuer", std::move(criteria.issuer), criteria.issuer_pattern);
  if (!issuer) return std::unexpected(issuer.error());
  FulcioExtensions extensions;
  for (auto& [name, value] : criteria.extensions) {
    const auto key = FulcioExtensionKey(name);
    if (!key)
      return Reject(Step::kStructure, fmt::format("\"{}\" is no extension of a Fulcio certificate, by name or OID", Printable(name, 64)));
    if (value.empty()) return Reject(Step::kStructure, fmt::format("the extension {} is asked for without a value", name));
    if (!extensions.emplace(*key, std::move(value)).second)
      return Reject(Step::kStructure, fmt::format("the extension {} is asked for twice", name));
  }
  return IdentityMatcher(std::make_shared<const Compiled>(Compiled{std::move(*subject), std::move(*issuer), std::move(extensions)}));
}

Checked<void> IdentityMatcher::Match(const CertificateIdentity& identity) const {
  const auto matches = [this](const std::string& subject) { return compiled_->subject.Matches(subject); };
  if (std::ranges::none_of(identity.subjects, matches)) {
    return Reject(Step::kIdentity, fmt::format("signed by {}; wanted is the subject {}", ToString(identity), compiled_->subject.Wanted()));
  }
  if (!compiled_->issuer.Matches(identity.issuer)) {
    return Reject(Step::kIdentity, fmt::format("signed by {}; wanted is the issuer {}", ToString(identity), compiled_->issuer.Wanted()));
  }
  for (const auto& [key, wanted] : compiled_->extensions) {
    const auto seen = identity.extensions.find(key);
    if (seen != identity.extensions.end() && seen->second == wanted) continue;
    return Reject(Step::kIdentity,
                  fmt::format("signed by {} with {} {}; wanted is \"{}\"", ToString(identity), FulcioExtensionName(key),
                              seen == identity.extensions.end() ? "missing" : "\"" + Printable(seen->second) + "\"", wanted));
  }
  return {};
}

std::string IdentityMatcher::Wanted() const {
  std::string text = fmt::format("{} by {}", compiled_->subject.Wanted(), compiled_->issuer.Wanted());
  for (const auto& [key, wanted] : compiled_->extensions) text += fmt::format(", {} \"{}\"", FulcioExtensionName(key), Printable(wanted));
  return text;
}

Checked<void> MatchAnyIdentity(const std::vector<IdentityMatcher>& entries, const CertificateIdentity& identity) {
  Checked<void> first = Reject(Step::kIdentity, fmt::format("signed by {}; no identity is trusted", ToString(identity)));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto matched = entries[i].Match(identity);
    if (matched) return matched;
    if (i == 0) first = std::move(matched);
  }
  if (entries.size() > 1) first.error().message += fmt::format(" (or one of {} other identities)", entries.size() - 1);
  return first;
}

}  // namespace hullwright::verify
