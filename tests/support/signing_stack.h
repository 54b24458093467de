// A private Sigstore on loopback: an OIDC issuer, Fulcio (certificates), Rekor v2 (tiles; transparency log), a time-stamp authority, and
// the trusted root that names them. There is no CT log, so its certificates carry no SCT: verify with an SCT threshold of 0.
#pragma once

#include <memory>
#include <string>

namespace hullwright::testing {

// Everything throws std::runtime_error, with what the program at fault wrote, when it cannot be done. Not thread-safe.
class SigningStack {
 public:
  // The one of this test program; started by the first call (about a second, 150 MB).
  static SigningStack& Shared();

  SigningStack();
  ~SigningStack();
  SigningStack(SigningStack&&) = delete;

  // Tokens for `cosign sign --identity-token`, good for ten minutes; they become certificates with that SAN and issuer.
  std::string PersonToken(const std::string& email);
  // As of GitHub Actions: the SAN is https://github.com/<workflow>, with workflow as
  // "acme/ci/.github/workflows/release.yml@refs/heads/main".
  std::string WorkflowToken(const std::string& repository, const std::string& workflow);
  const std::string& person_issuer() const;
  const std::string& workflow_issuer() const;

  // Files.
  const std::string& trusted_root() const;    // trusted_root.json of all services
  const std::string& signing_config() const;  // Fulcio, Rekor v2 and time stamps
  const std::string& local_config() const;    // no service at all: for keys, without log and time stamp
  const std::string& tsa_root() const;        // PEM

  const std::string& timestamp_url() const;
  const std::string& folder() const;  // fulcio.pem, tsa.pem (chains of tests/support/mint-chain), rekor.pub, ct.pub, and their keys

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hullwright::testing
