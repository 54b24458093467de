// What TrustedPublisher, TrustRoot, Registry and the trust rules of a policy refuse as a whole; beside each refused case one that is
// accepted.
#include "unit/api/objects.h"

namespace hullwright::api {
namespace {

struct Case {
  std::string_view pointer;
  std::string value, message;
};

void Check(std::string_view kind, const std::vector<Case>& cases) {
  for (const Case& expected : cases) {
    INFO(kind << " " << expected.pointer << " = " << expected.value);
    CHECK(MessageOf(Changed(kind, expected.pointer, expected.value)) == expected.message);
  }
}

constexpr std::string_view kPublisher = "TrustedPublisher";
constexpr std::string_view kPolicy = "ClusterImageAdmissionPolicy";
constexpr std::string_view kAuthority = "/spec/authorities/0";
constexpr std::string_view kKeyless = "/spec/authorities/0/keyless";

std::string Key(std::string_view pem) {
  return Json{{"name", "a"}, {"type", "Key"}, {"key", {{"pem", pem}}}}.dump();
}

}  // namespace

TEST_CASE("a publisher by name has nothing that speaks of signatures, one with signatures has authorities", "[api]") {
  Check(kPublisher,
        {{"/spec", R"({"repositories": ["nginx"], "verification": "NameOnly"})", ""},
         {"/spec", R"({"repositories": ["nginx"], "verification": "Signature"})",
          "spec.authorities: is required with verification: Signature: who signs?"},
         {"/spec", R"({"repositories": ["nginx"], "verification": "NameOnly", "aliases": ["mirror.example/nginx"]})",
          "spec.aliases: must be left out with verification: NameOnly, which looks at no signature"},
         {"/spec", R"({"repositories": ["nginx"], "verification": "NameOnly", "signatureRepository": "registry.example/signatures"})",
          "spec.signatureRepository: must be left out with verification: NameOnly, which looks at no signature"},
         {"/spec/verification", R"("NameOnly")",
          "spec.authorities: must be left out with verification: NameOnly, which looks at no signature; spec.aliases: must be left out "
          "with verification: NameOnly, which looks at no signature"}});
}

TEST_CASE("an authority has exactly the member that goes with its type", "[api]") {
  Check(kPublisher,
        {{kAuthority, R"({"name": "a", "type": "Key"})", "spec.authorities[0].key: is required with type: Key"},
         {"/spec/authorities/0/type", R"("Notation")",
          "spec.authorities[0].keyless: must be left out with type: Notation; spec.authorities[0].notation: is required with type: "
          "Notation"},
         {"/spec/authorities/0/key", R"({"secretKeyRef": {"name": "a", "key": "b"}})",
          "spec.authorities[0].key: must be left out with type: Keyless"}});
}

TEST_CASE("a keyless signer is named exactly or by an expression, and always with its issuer", "[api]") {
  const std::string_view regexp = "/spec/authorities/0/keyless/subjectRegExp";
  const std::string path = "spec.authorities[0].keyless.subjectRegExp: regular expression ";
  const std::string anchors = R"("^" and "$" are refused, because an expression always matches the whole value; leave them out)";
  Check(
      kPublisher,
      {{kKeyless, R"({"issuer": "https://a.example", "subject": "ann@a.example"})", ""},
       {kKeyless, R"({"issuer": "https://a.example", "subjectRegExp": ".+@a[.]example"})", ""},
       {kKeyless, R"({"issuer": "https://a.example"})", "spec.authorities[0].keyless: needs exactly one of subject, subjectRegExp, not 0"},
       {"/spec/authorities/0/keyless/subject", R"("ann@a.example")",
        "spec.authorities[0].keyless: needs exactly one of subject, subjectRegExp, not 2"},
       {regexp, R"("^https://a")", path + R"("^https://a": )" + anchors},
       {regexp, R"("https://a$")", path + R"("https://a$": )" + anchors},
       {regexp, R"("https://[^/]+")", path + R"("https://[^/]+": )" + anchors},
       {regexp, R"(".*")", path + R"(".*": matches the empty text, which is too wide; ask for at least one character)"},
       {regexp, R"("a(")", path + R"("a(": missing ): a()"},
       {"/spec/authorities/0/keyless/extensions", R"({"sourceRepositoryURI": "https://github.com/acme/app"})", ""},
       {"/spec/authorities/0/keyless/extensions", R"({"sourceRepositoryUri": "https://github.com/acme/app"})",
        "spec.authorities[0].keyless.extensions[\"sourceRepositoryUri\"]: the key must be an extension of Fulcio's certificates, like "
        "\"sourceRepositoryURI\" or \"buildSignerURI\""}});
}

TEST_CASE("a key is one PUBLIC KEY block, and a private one is told as what it is without being repeated", "[api]") {
  const std::string pem = "spec.authorities[0].key.pem: ";
  const std::string good = "-----BEGIN PUBLIC KEY-----\nAAAA\nAAAA\n-----END PUBLIC KEY-----\n";
  const std::string only = "must begin with \"-----BEGIN PUBLIC KEY-----\" and hold nothing else";
  const auto message = [](std::string_view text) { return MessageOf(Changed(kPublisher, kAuthority, Key(text))); };
  CHECK(message(good) == "");
  CHECK(message(" \n" + good) == "");
  CHECK(message(good + good) == pem + "must hold at most 1 PUBLIC KEY");
  CHECK(message("MFkw") == pem + only);
  CHECK(message("text\n" + good) == pem + only);
  CHECK(message(good + "text") == pem + "must hold at most 1 PUBLIC KEY");
  CHECK(message("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == pem + only);
  CHECK(message("-----BEGIN PUBLIC KEY-----\nAAAA\n") == pem + "must end with \"-----END PUBLIC KEY-----\"");
  const std::string base64 = "must hold base64 between \"-----BEGIN PUBLIC KEY-----\" and \"-----END PUBLIC KEY-----\"";
  CHECK(message("-----BEGIN PUBLIC KEY-----\nAAA*\n-----END PUBLIC KEY-----\n") == pem + base64);
  CHECK(message("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n") == pem + base64);
  for (std::string label : {"PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY"}) {
    const std::string told = message("-----BEGIN " + label + "-----\nc2VjcmV0\n-----END " + label + "-----\n");
    CHECK(told.starts_with(pem + "is a private key"));
    CHECK(told.find("c2VjcmV0") == std::string::npos);
  }
}

TEST_CASE("a key comes from exactly one place, and rests on a trust root only for its log", "[api]") {
  Check(
      kPublisher,
      {{kAuthority, R"({"name": "a", "type": "Key", "key": {"secretKeyRef": {"name": "a", "key": "b"}, "transparencyLog": "Ignore"}})", ""},
       {kAuthority, R"({"name": "a", "type": "Key", "key": {"transparencyLog": "Ignore"}})",
        "spec.authorities[0].key: needs exactly one of pem, configMapKeyRef, secretKeyRef, not 0"},
       {kAuthority,
        R"({"name": "a", "type": "Key", "key": {"secretKeyRef": {"name": "a", "key": "b"}, "configMapKeyRef": {"name": "a", "key": "b"}}})",
        "spec.authorities[0].key: needs exactly one of pem, configMapKeyRef, secretKeyRef, not 2"},
       {kAuthority,
        R"({"name": "a", "type": "Key", "key": {"secretKeyRef": {"name": "a", "key": "b"}, "transparencyLog": "Ignore",
              "trustRootRef": {"name": "public"}}})",
        "spec.authorities[0].key.trustRootRef: must be left out with transparencyLog: Ignore, a key alone rests on no TrustRoot"}});
}

TEST_CASE("Notary identities are whole names or everybody, and weak levels are no trust", "[api]") {
  const auto notation = [](std::string_view identities, std::string_view level) {
    return R"({"name": "a", "type": "Notation", "notation": {"trustRootRef": {"name": "corp-ca"}, "identities": )" +
           std::string(identities) + R"(, "level": ")" + std::string(level) + "\"}}";
  };
  const auto message = [&](std::string_view identities, std::string_view level) {
    return MessageOf(Changed(kPublisher, kAuthority, notation(identities, level)));
  };
  const std::string at = "spec.authorities[0].notation.";
  CHECK(message(R"(["x509.subject: C=US, ST=WA, O=acme, CN=ci"])", "Strict") == "");
  CHECK(message(R"(["*"])", "Permissive") == "");
  CHECK(message(R"(["*", "x509.subject: C=US, ST=WA, O=acme"])", "Strict") ==
        at + "identities[0]: \"*\" must stand alone: with it the others mean nothing");
  CHECK(message(R"(["x509.subject: C=US, O=acme"])", "Strict") ==
        at + "identities[0]: must name at least C, ST and O, like \"x509.subject: C=US, ST=WA, O=acme\"");
  CHECK(message(R"(["CN=ci"])", "Strict").starts_with(at + "identities[0]: must be \"x509.subject: C=..., ST=..., O=...\""));
  for (std::string_view level : {"Audit", "Skip"}) {
    CHECK(message(R"(["*"])", level) ==
          at + "level: \"" + std::string(level) + "\" is refused: at this level a signature that is not authentic would count");
  }
}

TEST_CASE("a trust root has exactly the member that goes with its type, and its text is what it should be", "[api]") {
  const std::string certificate = R"("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")";
  Check("TrustRoot",
        {{"/spec/type", R"("TUF")", "spec.sigstore: must be left out with type: TUF; spec.tuf: is required with type: TUF"},
         {"/spec/sigstore/trustedRoot", R"({"json": "{\"mediaType\": \"x\"}"})", ""},
         {"/spec/sigstore/trustedRoot", R"({"json": "[]"})", "spec.sigstore.trustedRoot.json: must be a JSON object"},
         {"/spec/sigstore/trustedRoot", "{}", "spec.sigstore.trustedRoot: needs exactly one of json, configMapKeyRef, secretKeyRef, not 0"},
         {"/spec", R"({"type": "Notation", "notation": {"certificates": {"pem": )" + certificate + "}}}", ""},
         {"/spec", R"({"type": "Notation", "notation": {"timestampCertificates": {"pem": )" + certificate + "}}}",
          "spec.notation: needs certificates or signingAuthorities: with neither nothing could be trusted"},
         {"/spec", R"({"type": "Notation", "notation": {"certificates": {"pem": "AAAA"}}})",
          "spec.notation.certificates.pem: must begin with \"-----BEGIN CERTIFICATE-----\" and hold nothing else"}});
  CHECK(MessageOf(Changed("TrustRoot", "/spec/sigstore/trustedRoot", R"({"json": "{\"a\": 1, \"a\": 2}"})"))
            .starts_with("spec.sigstore.trustedRoot.json: must be one JSON document: "));
}

TEST_CASE("a registry that is asked without TLS shows and checks no certificate", "[api]") {
  Check("Registry", {{"/spec", R"({"host": "registry.example", "plainHTTP": true})", ""},
                     {"/spec/plainHTTP", "true", "spec.ca: must be left out with plainHTTP: true, which shows and checks no certificate"},
                     {"/spec/host", R"("https://registry.example")",
                      "spec.host: must be a host in lower case with an optional port, like \"registry.example:5000\", without "
                      "\"https://\", not \"https://registry.example\""}});
}

TEST_CASE("a condition on a predicate has values where its operator takes them, and a pointer", "[api]") {
  const std::string_view at = "/spec/rules/attestations/0/matchExpressions/0";
  const std::string path = "spec.rules.attestations[0].matchExpressions[0].";
  Check(kPolicy, {{at, R"({"path": "/a~1b/~0c/0", "operator": "Exists"})", ""},
                  {at, R"({"path": "/a", "operator": "Matches", "values": ["v[0-9]+"]})", ""},
                  {at, R"({"path": "/a", "operator": "Matches", "values": ["v[0-9]+", "x$"]})",
                   path + "values[1]: regular expression \"x$\": \"^\" and \"$\" are refused, because an expression always matches the "
                          "whole value; leave them out"},
                  {at, R"({"path": "/a", "operator": "In", "values": ["x$"]})", ""},
                  {at, R"({"path": "/a", "operator": "NotIn"})", path + "values: is required with the operators In, NotIn and Matches"},
                  {at, R"({"path": "/a", "operator": "DoesNotExist", "values": ["x"]})",
                   path + "values: must be left out with the operators Exists and DoesNotExist"},
                  {at, R"({"path": "a", "operator": "Exists"})",
                   path + "path: must be a JSON pointer like \"/buildDefinition/buildType\", not \"a\""},
                  {at, R"({"path": "/a~2", "operator": "Exists"})",
                   path + "path: must be a JSON pointer like \"/buildDefinition/buildType\", not \"/a~2\""}});
  auto decoded = Decode(Changed(kPolicy, at, R"({"path": "/a~1b/~0c/0/", "operator": "Exists"})"));
  REQUIRE(decoded.has_value());
  CHECK(std::get<ImageAdmissionPolicy>(*decoded).spec.rules.attestations[0].match_expressions[0].tokens ==
        std::vector<std::string>{"a/b", "~c", "0", ""});
}

TEST_CASE("an image rule asks for something, and sizes are sizes", "[api]") {
  const std::string size = " is no size: write a whole number of bytes like \"500M\" or \"1Gi\"";
  Check(kPolicy,
        {{"/spec/rules/image", "{}", "spec.rules.image: an empty rule asks for nothing: write one of its fields or leave image out"},
         {"/spec/rules/image", R"({"platforms": "Schedulable"})", ""},
         {"/spec/rules/image/maxSize", R"("1.5Gi")", ""},
         {"/spec/rules/image/maxSize", R"("1.0005k")", "spec.rules.image.maxSize: \"1.0005k\"" + size},
         {"/spec/rules/image/maxSize", R"("0")", "spec.rules.image.maxSize: \"0\"" + size},
         {"/spec/rules/image/maxSize", R"("1gb")", "spec.rules.image.maxSize: \"1gb\"" + size},
         {"/spec/rules/image/maxSize", R"("99999999Ti")", "spec.rules.image.maxSize: \"99999999Ti\"" + size}});
}

TEST_CASE("the trust root of an authority is the one it names, or the public one", "[api]") {
  const auto root = [](std::string_view authority) {
    auto decoded = Decode(Changed(kPublisher, kAuthority, authority));
    REQUIRE(decoded.has_value());
    return std::string(std::get<TrustedPublisher>(*decoded).spec.authorities[0].TrustRootName());
  };
  CHECK(root(R"({"name": "a", "type": "Keyless", "keyless": {"issuer": "https://a.example", "subject": "a"}})") == "public");
  CHECK(root(R"({"name": "a", "type": "Key", "key": {"secretKeyRef": {"name": "a", "key": "b"}}})") == "public");
  CHECK(root(R"({"name": "a", "type": "Key", "key": {"secretKeyRef": {"name": "a", "key": "b"}, "trustRootRef": {"name": "x"}}})") == "x");
  CHECK(root(R"({"name": "a", "type": "Key", "key": {"secretKeyRef": {"name": "a", "key": "b"}, "transparencyLog": "Ignore"}})").empty());
}

}  // namespace hullwright::api
