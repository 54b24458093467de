#include "verify/identity.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"

namespace hullwright::verify {
using testing::MintedFulcio;
using testing::MintedKey;

namespace {

const std::string kSubject = "https://ci.example/release.yml@refs/heads/main";
const std::string kIssuer = "https://issuer.example";

Checked<CertificateIdentity> Identity(const std::vector<testing::MintedExtension>& fulcio, const std::string& names = "URI:" + kSubject) {
  auto shape = MintedFulcio().LeafShape();
  shape.extensions = fulcio;
  if (!names.empty()) shape.extensions.push_back({"subjectAltName", names});
  const MintedKey key(MintedKey::kP256);
  return ReadIdentity(testing::ParseMinted(testing::MintCertificate(shape, key, key)));
}

CertificateIdentity Good() {
  return Identity({testing::FulcioRaw("1.1", kIssuer), testing::FulcioText("1.8", kIssuer),
                   testing::FulcioText("1.12", "https://git.example/a"), testing::FulcioText("1.99", "of a later Fulcio")})
      .value();
}

Checked<void> Match(IdentityCriteria criteria, const CertificateIdentity& identity = Good()) {
  const auto matcher = IdentityMatcher::Make(std::move(criteria));
  if (!matcher) return std::unexpected(matcher.error());
  return matcher->Match(identity);
}

IdentityCriteria Exact() {
  return {.subject = kSubject, .subject_pattern = {}, .issuer = kIssuer, .issuer_pattern = {}, .extensions = {}};
}

}  // namespace

TEST_CASE("A certificate tells its subject, issuer and Fulcio's extensions", "[verify]") {
  const CertificateIdentity identity = Good();
  CHECK(identity.subjects == std::vector{kSubject});
  CHECK(identity.issuer == kIssuer);
  CHECK(identity.extensions.at("1.12") == "https://git.example/a");
  CHECK(identity.extensions.size() == 3);
  CHECK(Identity({testing::FulcioRaw("1.1", kIssuer)}, "email:dev@example.com")->subjects.front() == "dev@example.com");
  CHECK(Identity({testing::FulcioText("1.8", kIssuer)}, "otherName:1.3.6.1.4.1.57264.1.7;UTF8:me!x")->subjects.front() == "me!x");
}

TEST_CASE("A certificate whose identity is malformed, twofold or missing has none", "[verify]") {
  const auto refused = [](const std::vector<testing::MintedExtension>& fulcio, const std::string& names = "URI:" + kSubject) {
    const auto identity = Identity(fulcio, names);
    return !identity && identity.error().step == Step::kIdentity;
  };
  CHECK(refused({}));
  CHECK(refused({testing::FulcioText("1.8", "")}));
  CHECK(refused({testing::FulcioRaw("1.1", kIssuer), testing::FulcioText("1.8", kIssuer + "/")}));
  CHECK(refused({testing::FulcioRaw("1.8", kIssuer)}));                                           // raw where DER belongs
  CHECK(refused({testing::FulcioRaw("1.8", testing::DerUtf8(kIssuer) + "x")}));                   // bytes behind
  CHECK(refused({testing::FulcioRaw("1.8", "\x16" + testing::DerUtf8(kIssuer).substr(1))}));      // IA5String
  CHECK(refused({testing::FulcioRaw("1.8", "\x0c\x81" + testing::DerUtf8(kIssuer).substr(1))}));  // a longer length than needed
  CHECK(refused({testing::FulcioRaw("1.1", kIssuer + std::string(1, '\0'))}));                    // control character
  CHECK(refused({testing::FulcioRaw("1.1", "https://\xff")}));                                    // no UTF-8
  CHECK(refused({testing::FulcioText("1.8", kIssuer), testing::FulcioRaw("1.12", "x")}));         // another extension malformed
  CHECK(refused({testing::FulcioText("1.8", kIssuer)}, ""));
  CHECK(refused({testing::FulcioText("1.8", kIssuer)}, "DNS:ci.example"));
  CHECK(refused({testing::FulcioText("1.8", kIssuer)}, "otherName:1.2.3.4;UTF8:me!x"));
  CHECK(refused({testing::FulcioText("1.8", kIssuer)}, "otherName:1.3.6.1.4.1.57264.1.7;IA5:me!x"));
}

TEST_CASE("Subject and issuer must both be as the one entry wants them", "[verify]") {
  CHECK(Match(Exact()).has_value());
  auto criteria = Exact();
  criteria.subject += "x";
  CHECK(Match(criteria).error().step == Step::kIdentity);
  criteria = Exact();
  criteria.issuer = "https://other.example";
  CHECK(Match(criteria).error().step == Step::kIdentity);
}

TEST_CASE("A missing criterion is not any: it is refused, and so are two of one kind", "[verify]") {
  for (const auto& change : std::vector<void (*)(IdentityCriteria&)>{
           [](IdentityCriteria& c) { c.subject.clear(); }, [](IdentityCriteria& c) { c.issuer.clear(); },
           [](IdentityCriteria& c) { c.subject_pattern = ".*"; }, [](IdentityCriteria& c) { c.issuer_pattern = ".*"; },
           [](IdentityCriteria& c) { c.subject.clear(), c.subject_pattern = "("; },
           [](IdentityCriteria& c) { c.extensions = {{"noSuchThing", "x"}}; },
           [](IdentityCriteria& c) { c.extensions = {{"sourceRepositoryURI", ""}}; },
           [](IdentityCriteria& c) { c.extensions = {{"sourceRepositoryURI", "x"}, {"1.3.6.1.4.1.57264.1.12", "x"}}; }}) {
    auto criteria = Exact();
    change(criteria);
    CHECK(IdentityMatcher::Make(criteria).error().step == Step::kStructure);
  }
}

TEST_CASE("A pattern matches the whole text, never a part of it", "[verify]") {
  auto criteria = Exact();
  criteria.subject.clear();
  for (const auto& [pattern, matches] :
       std::vector<std::pair<std::string, bool>>{{"https://ci\\.example/.*", true},
                                                 {"ci\\.example", false},
                                                 {"https://ci\\.example/", false},
                                                 {".*@refs/heads/main", true},
                                                 {".*@refs/heads", false},
                                                 {"a|https://ci\\.example/.*", true},
                                                 {"https://ci\\.example/release\\.yml@refs/heads/main|x", true},
                                                 {"^$", false}}) {
    criteria.subject_pattern = pattern;
    INFO(pattern);
    CHECK(Match(criteria).has_value() == matches);
  }
}

TEST_CASE("Extensions are compared exactly, by name or by OID, and one that is missing does not match", "[verify]") {
  auto criteria = Exact();
  for (const auto& [extensions, matches] :
       std::vector<std::pair<std::map<std::string, std::string>, bool>>{{{{"sourceRepositoryURI", "https://git.example/a"}}, true},
                                                                        {{{"1.3.6.1.4.1.57264.1.12", "https://git.example/a"}}, true},
                                                                        {{{"sourceRepositoryURI", "https://git.example/ab"}}, false},
                                                                        {{{"sourceRepositoryURI", "https://git.example/"}}, false},
                                                                        {{{"sourceRepositoryRef", "refs/heads/main"}}, false}}) {
    criteria.extensions = extensions;
    CHECK(Match(criteria).has_value() == matches);
  }
}

TEST_CASE("Criteria of two entries are never mixed", "[verify]") {
  auto first = Exact();
  first.issuer = "https://other.example";
  auto second = Exact();
  second.subject = "somebody else";
  const std::vector entries = {IdentityMatcher::Make(first).value(), IdentityMatcher::Make(second).value()};
  CHECK(MatchAnyIdentity(entries, Good()).error().step == Step::kIdentity);
  CHECK(MatchAnyIdentity({entries[0], IdentityMatcher::Make(Exact()).value()}, Good()).has_value());
  CHECK(MatchAnyIdentity({}, Good()).error().step == Step::kIdentity);
}

}  // namespace hullwright::verify
