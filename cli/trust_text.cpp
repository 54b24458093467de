#include "cli/trust_text.h"

#include <fmt/format.h>

#include <variant>

namespace hullwright::cli {
namespace {

AuthorityText TextOf(const std::string& name, const verify::KeyAuthority& authority) {
  const bool logged = authority.transparency_log == verify::TransparencyLogRule::kRequired;
  return {name, "Key", fmt::format("key {} ({})", authority.key.Fingerprint(), verify::ToString(authority.key.type())),
          logged ? "in a transparency log" : "no transparency log is asked for"};
}

AuthorityText TextOf(const std::string& name, const verify::KeylessAuthority& authority) {
  std::vector<std::string> wanted;
  wanted.reserve(authority.identities.size());
  for (const verify::IdentityMatcher& matcher : authority.identities) wanted.push_back(matcher.Wanted());
  const bool logged = authority.transparency_log == verify::TransparencyLogRule::kRequired;
  return {
      name, "Keyless", fmt::format("{}", fmt::join(wanted, "; ")),
      fmt::format("{}, {}", logged ? "in a transparency log" : "with a time-stamp, no transparency log is asked for",
                  authority.certificate_log_required ? "certificate in a certificate log" : "the certificate's own log is not asked for")};
}

AuthorityText TextOf(const verify::NotationAuthority& authority) {
  const bool strict = authority.policy.level == verify::NotationLevel::kStrict;
  const bool revocation = authority.policy.revocation != verify::NotationAction::kSkip;
  return {authority.name, "Notation", authority.policy.identities.Wanted(),
          fmt::format("level {}, {}", strict ? "Strict" : "Permissive", revocation ? "revocation checked" : "revocation not checked")};
}

}  // namespace

std::vector<AuthorityText> AuthoritiesOf(const evidence::PublisherTrust& publisher) {
  std::vector<AuthorityText> texts;
  texts.reserve(publisher.authorities.size() + publisher.notation.size());
  for (const verify::Authority& authority : publisher.authorities)
    texts.push_back(std::visit([&](const auto& trust) { return TextOf(authority.name, trust); }, authority.trust));
  for (const verify::NotationAuthority& authority : publisher.notation) texts.push_back(TextOf(authority));
  return texts;
}

}  // namespace hullwright::cli
