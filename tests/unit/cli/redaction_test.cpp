// What looks like a secret does not leave the cluster in a support bundle, however it is written.
#include "cli/support/redaction.h"

#include <catch2/catch.hpp>
#include <chrono>

namespace hullwright::cli::testing {
namespace {

using Object = nlohmann::json;

const std::string kPem = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIPLANTEDPLANTEDPLANTED\nAwEHoUQDQgAE\n-----END EC PRIVATE KEY-----";
const std::string kJwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJQTEFOVEVEIn0.c2lnUExBTlRFRA";

}  // namespace

TEST_CASE("secrets that have a form or a name are taken out of any text, and the rest stays", "[cli]") {
  const auto [text, secret, kept] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"before\n" + kPem + "\nafter", "PLANTED", "after"},
      {"a key in JSON: \"-----BEGIN PRIVATE KEY-----\\nMIIPLANTED\\n-----END PRIVATE KEY-----\\n\", more", "PLANTED", ", more"},
      {"cut before its end\n-----BEGIN PRIVATE KEY-----\nMIIPLANTED\nabc", "PLANTED", "cut before its end"},
      {"cut after its beginning: MIIPLANTED\nPLANTED==\n-----END RSA PRIVATE KEY-----\nafter", "PLANTED", "after"},
      {"2026-03-01T12:00:00Z -----BEGIN PRIVATE KEY-----\n2026-03-01T12:00:00Z MIIPLANTED\n2026-03-01T12:00:00Z -----END PRIVATE "
       "KEY-----\nafter",
       "PLANTED", "after"},
      {"key LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tPLANTEDPLANTED== end", "PLANTED", "end"},
      {"Authorization: Bearer abc-PLANTED\nnext line", "PLANTED", "next line"},
      {"authorization: basic dXNlcjpQTEFOVEVE", "dXNlcjpQTEFOVEVE", "authorization"},
      {"Authorization: Digest username=\"u\", response=\"PLANTED\"", "PLANTED", "Authorization"},
      {"headers: map[Authorization:[Bearer PLANTEDPLANTED] Accept:[*/*]]", "PLANTEDPLANTED", "headers"},
      {R"({"level":"debug","headers":{"Authorization":"Bearer PLANTED123"},"msg":"asked"})", "PLANTED123", "asked"},
      {R"(line "{\"auth\":\"UExBTlRFRA==\",\"x\":1}" end)", "UExBTlRFRA", "end"},
      {"curl -H 'authorization: token PLANTED' https://api", "PLANTED", "curl"},
      {"sent BEARER%20PLANTEDPLANTED to x", "PLANTEDPLANTED", "to x"},
      {"token " + kJwt + " was refused", "UExBTlRFRA", "was refused"},
      {"eyJhdXRocyI6eyJyIjp7ImF1dGgiOiJQTEFOVEVEIn19fQ==", "QTEFOVEVE", ""},
      {"GET https://user:PLANTED@registry.example/v2/ failed", "PLANTED", "@registry.example/v2/ failed"},
      {"GET https://PLANTEDTOKEN@github.com/x", "PLANTEDTOKEN", "github.com/x"},
      {"password=PLANTED&user=bob", "PLANTED", "&user=bob"},
      {"registry password: 'PLANTED PLANTED' rejected", "PLANTED", "rejected"},
      {R"({"password": "PLANT\"ED PLANTED", "user": "bob"})", "PLANTED", "bob"},
      {R"("identityToken":"PLANTED","serveraddress":"r")", "PLANTED", "serveraddress"},
      {"?X-Amz-Security-Token=PLANTED&X=1", "PLANTED", "X=1"},
      {"AWS_SECRET_ACCESS_KEY=PLANTED next", "PLANTED", "next"},
      {"AKIAIOSFODNN7EXAMPLE next", "AKIAIOSFODNN7EXAMPLE", "next"},
      {"ghp_PLANTEDPLANTEDPLANTED12 next", "ghp_PLANTED", "next"},
      {"client_secret%3DPLANTED next", "PLANTED", "next"},
      {"--registry-password PLANTED --other", "PLANTED", "--other"},
      {"Set-Cookie: session=PLANTED; Path=/\nnext", "PLANTED", "next"},
      {"PASSWORD\t=\tPLANTED", "PLANTED", ""},
      {std::string("bytes \xff\xfe\x00 token=PLANTED \xc3(", 26), "PLANTED", "bytes"},
  }));
  const std::string redacted = Redact(text);
  CAPTURE(text, redacted);
  CHECK_FALSE(redacted.contains(secret));
  CHECK(redacted.contains(kept));
  CHECK(redacted.contains(kRedacted));
  CHECK(Redact(redacted) == redacted);
}

TEST_CASE("what is no secret stays as it is", "[cli]") {
  const std::string text =
      GENERATE("{\"level\":\"info\",\"msg\":\"decision\",\"image\":\"registry.example/shop/api@sha256:" + std::string(64, 'a') +
                   "\",\"reason\":\"SignatureMissing\"}",
               std::string("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
               std::string("hullwright_trust_reads_total 3\n"), std::string("secretName: pull, serviceAccountName: default"),
               std::string("https://registry.example/v2/shop/api/manifests/sha256:abc"),
               std::string("the token was refused; the password is wrong"));
  CHECK(Redact(text) == text);
}

TEST_CASE("texts that were made to be slow are not", "[cli]") {
  std::string marks, quotes, names;
  for (int i = 0; i < 60'000; ++i) marks += "-----END PRIVATE KEY-----", quotes += "password=\"\\", names += "tokentoken";
  std::string begins;
  for (int i = 0; i < 60'000; ++i) begins += "-----BEGIN ";
  const auto started = std::chrono::steady_clock::now();
  for (const std::string& text : {marks, quotes, names, begins, std::string(1'000'000, 'A') + "-----END PRIVATE KEY-----"})
    CHECK(Redact(text).size() <= 3 * text.size());
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
}

TEST_CASE("objects lose values of environment variables, kubectl's copies and what is named a secret; references keep their names",
          "[cli]") {
  const Object object = Object::parse(R"({
    "metadata": {"name": "webhook", "managedFields": [{"manager": "PLANTED"}],
                 "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"PLANTED\"}", "note": "token=PLANTED"}},
    "spec": {"imagePullSecrets": [{"name": "pull"}],
             "volumes": [{"name": "tls", "secret": {"secretName": "hullwright-webhook-tls"}}],
             "containers": [{"name": "main", "args": ["--registry-password", "PLANTED", "--log-level", "info", "--token=PLANTED"],
                             "env": [{"name": "A", "value": "PLANTED"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}]},
    "dockerconfigjson": {"auths": {"r": {"auth": "PLANTED", "password": "PLANTED"}}},
    "token": "PLANTED", "replicas": 3, "automountServiceAccountToken": false})");
  const Object redacted = RedactObject(object);
  CAPTURE(redacted.dump(1));
  CHECK_FALSE(redacted.dump().contains("PLANTED"));
  CHECK(redacted["spec"]["imagePullSecrets"][0]["name"] == "pull");
  CHECK(redacted["spec"]["volumes"][0]["secret"]["secretName"] == "hullwright-webhook-tls");
  CHECK(redacted["spec"]["containers"][0]["env"][1]["valueFrom"]["secretKeyRef"]["key"] == "k");
  CHECK(redacted["spec"]["containers"][0]["args"][3] == "info");
  CHECK(redacted["replicas"] == 3);
  CHECK(redacted["automountServiceAccountToken"] == false);
}

TEST_CASE("a CA bundle is public and stays, a key that somebody put in its place does not", "[cli]") {
  // Base64 of "-----BEGIN CERTIFICATE-----\nMIIB", and of keys of several kinds.
  const Object object{{"caBundle", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="}};
  CHECK(RedactObject(object) == object);
  for (const char* key : {"LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUI=", "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0tCk1JSUI=",
                          "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlC"}) {
    const Object redacted = RedactObject({{"caBundle", key}});
    CHECK(redacted["caBundle"] == kRedacted);
  }
}

}  // namespace hullwright::cli::testing
