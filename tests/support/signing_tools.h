// The real programs that make and sign images (crane, cosign, notation), with a home of their own: they read no file, credential or setting
// of the user and reach no address but loopback.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {

struct KeyPair {
  std::string private_key, public_key;  // files: encrypted with the empty password as cosign reads it; PEM
};

struct ImageContent {
  std::string text = "content";  // of the file /content; other text, other digest
  std::string platform = "linux/amd64";
};

// References are REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST. Everything but Cosign and Notation throws std::runtime_error when
// the program fails. Not thread-safe.
class SigningTools {
 public:
  // Push an image, or an index over images pushed before, and return the digest.
  std::string PushImage(const std::string& reference, const ImageContent& content = {}) const;
  std::string PushIndex(const std::string& reference, const std::vector<std::string>& images) const;

  void Copy(const std::string& from, const std::string& to) const;  // with all platforms

  // algorithm: "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-2048", "rsa-3072", "rsa-4096", "ed25519".
  KeyPair MakeCosignKey(const std::string& name, const std::string& algorithm) const;

  // Any exit is a result. Arguments of signing start with "sign" or "attest", of verification with "verify…".
  ProcessResult Cosign(const std::vector<std::string>& arguments) const;

  // A code signing certificate under a root of its own, with which Notation then signs as `--key <name>`. Returns the file of the root.
  // Valid from and to: as date(1) takes it. algorithm as above, except ed25519, which Notation does not know.
  struct NotationSigner {
    std::string algorithm = "ecdsa-p256";
    std::string from = "1 hour ago", to = "7 days";
  };
  std::string AddNotationSigner(const std::string& name, const NotationSigner& signer);
  struct NotationTrust {
    std::map<std::string, std::string> authorities, timestamp_authorities;  // trust stores "ca:<name>" and "tsa:<name>", and their file
    std::string policy;                                                     // trustpolicy.json
  };
  // What Notation then verifies with `verify`, in the folder that it returns.
  std::string WriteNotationTrust(const std::string& name, const NotationTrust& trust) const;
  ProcessResult Notation(const std::vector<std::string>& arguments, const std::string& trust = "") const;  // trust: of WriteNotationTrust

  std::string Write(const std::string& name, const std::string& text) const { return folder_.Write(name, text); }
  std::string folder() const { return folder_.path(); }

 private:
  ProcessOptions Options(const std::string& notation_folder = "") const;
  void Crane(const std::vector<std::string>& arguments) const;
  std::string MakeKey(const std::string& name, const std::string& algorithm) const;
  void WriteNotationKeys() const;

  TemporaryDirectory folder_;
  std::vector<std::string> notation_signers_;
};

}  // namespace hullwright::testing
