// One X.509 certificate, read strictly: DER and nothing behind it, no extension twice, an accepted public key. What it says is laid out
// as plain values here; whether it is trusted is for certificate_chain.h to say. Source: research sections 0.3 and 0.6.
//
// A value: copies share the immutable OpenSSL certificate; safe to use from several threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "verify/failure.h"
#include "verify/public_key.h"

struct x509_st;

namespace hullwright::verify {

// One attribute of a distinguished name; several of one RDN follow each other.
struct NameAttribute {
  std::string type;   // "CN", "O", "C", … (RFC 4514 and SERIALNUMBER, POSTALCODE, EMAILADDRESS), else the OID in dots
  std::string value;  // UTF-8

  bool operator==(const NameAttribute&) const = default;
};
using DistinguishedName = std::vector<NameAttribute>;  // in the order of the certificate

// As RFC 4514 writes it, last attribute first: "O=sigstore.dev,CN=sigstore" has CN first in the certificate.
std::string ToString(const DistinguishedName& name);

struct Extension {
  std::string oid;  // in dots
  bool critical;
  std::string value;  // the bytes inside the OCTET STRING
};

// Bits of keyUsage (RFC 5280 section 4.2.1.3) as OpenSSL counts them.
enum KeyUsageBit : std::uint32_t {
  kDigitalSignature = 0x80,
  kNonRepudiation = 0x40,
  kKeyCertSign = 0x04,
  kCrlSign = 0x02,
};

// What the certificate says it may be used for. nullopt: it has no such extension.
struct CertificateUse {
  std::optional<bool> is_ca;  // basicConstraints
  bool basic_constraints_critical = false;
  std::optional<long> path_length;
  std::optional<std::uint32_t> key_usage;  // KeyUsageBit and others
  bool key_usage_critical = false;
  std::optional<std::vector<std::string>> extended_key_usage;  // OIDs in dots
  bool extended_key_usage_critical = false;
};

inline constexpr std::string_view kCodeSigningOid = "1.3.6.1.5.5.7.3.3";
inline constexpr std::string_view kTimeStampingOid = "1.3.6.1.5.5.7.3.8";
inline constexpr std::string_view kOcspSigningOid = "1.3.6.1.5.5.7.3.9";
inline constexpr std::string_view kAnyExtendedKeyUsageOid = "2.5.29.37.0";

class Certificate {
 public:
  static Checked<Certificate> FromDer(std::string_view der);
  // Exactly one CERTIFICATE block and white space.
  static Checked<Certificate> FromPem(std::string_view text);
  // All blocks of the text, in order; at least one, all of them CERTIFICATE.
  static Checked<std::vector<Certificate>> ListFromPem(std::string_view text, std::size_t max_certificates);

  const std::string& der() const { return content_->der; }
  const PublicKey& public_key() const { return content_->public_key; }
  const DistinguishedName& subject() const { return content_->subject; }
  const DistinguishedName& issuer() const { return content_->issuer; }
  Time not_before() const { return content_->not_before; }
  Time not_after() const { return content_->not_after; }
  bool ValidAt(Time time) const { return not_before() <= time && time <= not_after(); }  // closed, as RFC 5280 says
  int version() const { return content_->version; }                                      // 3
  const std::vector<Extension>& extensions() const { return content_->extensions; }
  const Extension* FindExtension(std::string_view oid) const;  // null: it has none; else lives as long as this
  const CertificateUse& use() const { return content_->use; }
  bool IsSelfSigned() const;        // subject equals issuer and its own key verifies it
  std::string Fingerprint() const;  // "sha256:<hex>" of the DER; for messages

  x509_st* handle() const { return content_->handle.get(); }  // for calls into OpenSSL; belongs to this, not to be changed

  bool operator==(const Certificate& other) const { return der() == other.der(); }

 private:
  struct Content {
    std::shared_ptr<x509_st> handle;
    std::string der;
    PublicKey public_key;
    DistinguishedName subject, issuer;
    Time not_before, not_after;
    int version = 0;
    std::vector<Extension> extensions;
    CertificateUse use;
  };

  explicit Certificate(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

  std::shared_ptr<const Content> content_;
};

// Sigstore's certificate profile. Failures are Step::kCertificateUse and say what is missing.
// CA: critical basicConstraints CA:TRUE and keyUsage keyCertSign. Root: a CA that signed itself.
Checked<void> RequireCa(const Certificate& certificate);
Checked<void> RequireRootCa(const Certificate& certificate);
// Version 3, not a CA, keyUsage digitalSignature, and the extended key usage codeSigning itself ("any" does not count).
Checked<void> RequireCodeSigningLeaf(const Certificate& certificate);
// RFC 3161 section 2.3: not a CA, extended key usage critical and timeStamping alone.
Checked<void> RequireTimeStampingLeaf(const Certificate& certificate);

}  // namespace hullwright::verify
