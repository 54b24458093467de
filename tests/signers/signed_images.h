// Images that the real tools signed, one repository for each Signing, and what those tools then say to each Question.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "signers/combinations.h"
#include "support/registry_process.h"
#include "support/signing_stack.h"
#include "support/signing_tools.h"

namespace hullwright::testing {

struct SignedImage {
  Signing signing;
  std::string repository;                  // "127.0.0.1:21234/case/7"
  std::string digest, other_digest;        // the one that was signed; the index or manifest that belongs to it and was not
  KeyPair key, other_key;                  // Who::kKey
  std::string subject, issuer;             // keyless: SAN and OIDC issuer
  std::string authority, other_authority;  // Notation: files of root certificates; subject is then a distinguished name
};

// What a Question makes of a SignedImage: everything a verifier has to be told.
struct Demand {
  std::string reference;  // repository@digest
  bool attestation = false;
  std::string predicate_type = "https://slsa.dev/provenance/v1";  // of the attestation
  std::string public_key;                                         // file
  std::string subject, issuer;                                    // exact, or RE2 patterns
  bool patterns = false;
  bool log_required = false;  // keys only; a Fulcio certificate always needs one
  std::string trusted_root;   // file
  std::string authority;      // Notation: root of the trust store; subject is the trusted identity
};

struct Answer {
  bool accepted = false;
  std::string why;           // what the tool said
  bool unreachable = false;  // the registry could not be asked (told by ours only)
};

// Not thread-safe.
class SignedImages {
 public:
  explicit SignedImages(RegistryKind kind);

  // Signs at the first call.
  const SignedImage& Of(const Signing& signing);
  // Everything but the signature, in a repository of its own: for tests that sign in another way.
  SignedImage Prepare(const Signing& signing);
  Demand DemandFor(const SignedImage& image, Question question) const;
  Answer AskTools(const SignedImage& image, const Demand& demand);  // cosign or notation

  RegistryProcess& registry() { return registry_; }
  const SigningTools& tools() const { return tools_; }

 private:
  struct Keys {
    KeyPair right, other;
  };
  void PushBase();
  const Keys& KeysOf(const std::string& algorithm);
  std::string AuthorityOf(const std::string& algorithm);
  void SignWithCosign(const SignedImage& image);
  void SignWithNotation(const SignedImage& image);
  Answer AskCosign(const SignedImage& image, const Demand& demand);
  Answer AskNotation(const SignedImage& image, const Demand& demand);

  RegistryProcess registry_;
  SigningTools tools_;
  std::string base_, index_digest_, manifest_digest_;
  std::string predicate_;
  std::map<std::string, Keys> keys_;
  std::map<std::string, std::string> authorities_;
  std::map<std::string, SignedImage> images_;
  std::map<Question, std::string> roots_;  // trusted roots with a window that does not fit
  int next_ = 0;
};

}  // namespace hullwright::testing
