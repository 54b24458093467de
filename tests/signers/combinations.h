// The generated combinations of the differential test: what was signed how, and what is then asked of it.
#pragma once

#include <string>
#include <vector>

namespace hullwright::testing {

enum class Format { kBundle, kBundleAttestation, kLegacy, kLegacyAttestation, kNotationJws, kNotationCose };
enum class Who { kKey, kPerson, kWorkflow, kCertificate };  // a key alone, a Fulcio certificate, a certificate of a CA (Notation)

// One signature to make.
struct Signing {
  Format format;
  Who who;
  std::string algorithm;  // of the key; "" for a Fulcio certificate
  bool index;             // signs the index; otherwise its linux/amd64 manifest
  bool in_log;            // Rekor v2 entry and time stamp; for Notation a time stamp alone

  bool is_attestation() const { return format == Format::kBundleAttestation || format == Format::kLegacyAttestation; }
  bool is_bundle() const { return format == Format::kBundle || format == Format::kBundleAttestation; }
  bool is_notation() const { return format == Format::kNotationJws || format == Format::kNotationCose; }
  bool is_keyless() const { return who == Who::kPerson || who == Who::kWorkflow; }
};

// One thing to ask of it. Each but kRight differs from kRight in one point.
enum class Question {
  kRight,         // the key, identity or authority that signed; no log required of keys
  kOtherKey,      // another key, or another CA
  kOtherSubject,  // another identity of the same issuer or CA
  kOtherIssuer,
  kPatterns,     // the identity as patterns that match it in full
  kOtherDigest,  // the index where the manifest was signed, the manifest where the index was
  kOtherKind,    // a signature where there is an attestation, an attestation where there is a signature
  kLogRequired,
  kAuthorityPast,       // the CA of the trusted root was in use only before
  kAuthorityFuture,     // … only later
  kStampsPast,          // the time-stamp authority was in use only before
  kCertificateLogPast,  // the CT log was in use only before
  kLogPast,             // the log was in use only before
};

struct Combination {
  Signing signing;
  Question question;
};

std::vector<Signing> AllSignings();
std::vector<Question> QuestionsFor(const Signing& signing);  // those that make sense of it

std::string ToString(const Signing& signing);  // "bundle by key ecdsa-p256 of the index, in the log"
std::string ToString(Question question);

}  // namespace hullwright::testing
