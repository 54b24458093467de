#include "verify/notation_identity.h"

#include <catch2/catch.hpp>

using namespace hullwright::verify;

namespace {

const DistinguishedName kSubject = {{"C", "US"}, {"ST", "WA"}, {"L", "Seattle"}, {"O", "Acme, Inc."}, {"CN", "signer"}};

bool Matches(const std::vector<std::string>& identities, const DistinguishedName& subject = kSubject) {
  const auto parsed = TrustedIdentities::Parse(identities);
  REQUIRE(parsed.has_value());
  return parsed->Match(subject).has_value();
}

}  // namespace

TEST_CASE("A distinguished name is read as RFC 4514 writes it", "[verify]") {
  const NotationName name = ParseNotationName(" c = US , ST=W\\41,O=Acme\\, Inc.\\20, CN= a\\ ,L=\\\"x\\\\\\c3\\a9").value();
  CHECK(name == NotationName{{"C", "US"}, {"ST", "WA"}, {"O", "Acme, Inc. "}, {"CN", "a "}, {"L", "\"x\\\xc3\xa9"}});
}

TEST_CASE("A distinguished name that could be read in two ways, or lacks C, ST or O, is refused", "[verify]") {
  const char* text = GENERATE("", "C", "C=US", "C=US,ST=WA", "C=US,ST=WA,O=", "C=US,ST=WA,O=x,", "C=US,ST=WA,O=x,,CN=y",
                              "C=US,ST=WA,O=x+CN=y", "C=US,ST=WA,O=x,O=y", "C=US,ST=WA,O=x,o=y", "C=US,ST=WA,O=#0401", "C=US,ST=WA,O=x=#y",
                              "C=US,ST=WA,O=\\#x", "C=US,ST=WA,O=x,1.2.3=y", "C=US,ST=WA,O=x,EMAILADDRESS=y", "C=US,ST=WA,O=x\\",
                              "C=US,ST=WA,O=x\\4", "C=US,ST=WA,O=x\\zz", "C=US,ST=WA,O=\"x\"", "C=US,ST=WA,O=x;CN=y", "C=US,ST=WA,O=<x>",
                              "C=US,ST=WA,O=x\\00", "C=US,ST=WA,O=\\ff", "C=US,ST=WA,=x,O=y");
  INFO(text);
  const auto name = ParseNotationName(text);
  REQUIRE_FALSE(name.has_value());
  CHECK(name.error().step == Step::kIdentity);
}

TEST_CASE("An identity matches when each of its attributes is in the subject", "[verify]") {
  CHECK(Matches({"x509.subject: C=US, ST=WA, O=Acme\\, Inc."}));
  CHECK(Matches({"x509.subject:O=Acme\\, Inc.,CN=signer,C=US,ST=WA"}));
  CHECK(Matches({"x509.subject:C=DE,ST=BE,O=Other", "x509.subject:C=US,ST=WA,O=Acme\\, Inc."}));
  CHECK(Matches({"nobody:knows", "x509.subject:C=US,ST=WA,O=Acme\\, Inc."}));
  CHECK(Matches({"*"}));
  CHECK_FALSE(Matches({"x509.subject:C=US,ST=WA,O=Acme\\, Inc.,OU=x"}));
  CHECK_FALSE(Matches({"x509.subject:C=US,ST=WA,O=acme\\, inc."}));
  CHECK_FALSE(Matches({"nobody:knows"}));
}

TEST_CASE("A subject that could not be an identity's text matches none", "[verify]") {
  const std::vector<std::string> wanted = {"x509.subject:C=US,ST=WA,O=Acme"};
  const DistinguishedName good = {{"C", "US"}, {"ST", "WA"}, {"O", "Acme"}};
  CHECK(Matches(wanted, good));
  for (const NameAttribute& extra : DistinguishedName{{"O", "Acme"}, {"CN", "Bad=#CN"}, {"CN", "#0401"}, {"1.2.3.4", "x"}, {"CN", ""}}) {
    DistinguishedName bad = good;
    bad.push_back(extra);
    CHECK_FALSE(Matches(wanted, bad));
    CHECK(Matches({"*"}, bad));
  }
  CHECK_FALSE(Matches(wanted, {{"C", "US"}, {"O", "Acme"}}));
}

TEST_CASE("A list of identities that says more or less than it seems is refused", "[verify]") {
  using List = std::vector<std::string>;
  const List list = GENERATE(List{}, List{"*", "x509.subject:C=US,ST=WA,O=x"}, List{"x509.subject"}, List{"x509.subject:"}, List{":x"},
                             List{"x509.subject:C=US,ST=WA,O=x", "x509.subject:O=x,C=US,ST=WA"},
                             List{"x509.subject:C=US,ST=WA,O=x", "x509.subject:O=x,C=US,ST=WA,CN=y"}, List{"x509.subject:C=US"});
  const auto parsed = TrustedIdentities::Parse(list);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().step == Step::kIdentity);
}
