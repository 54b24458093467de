#include "support/minted_sigstore.h"

#include <stdexcept>

#include "verify/hash.h"
#include "verify/tls_reader.h"

namespace hullwright::testing {
namespace {

namespace openssl = verify::openssl;
using std::chrono::minutes;
using verify::TlsInteger;

void Require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot mint for this test");
}

// The to-be-signed part of a certificate without SCT list, as a log signs it.
std::string BodyOf(const std::string& der) {
  const unsigned char* at = openssl::Data(der);
  const openssl::Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  Require(certificate != nullptr);
  return openssl::Encode<X509>(i2d_re_X509_tbs, certificate.get());
}

verify::PublicKey PublicOf(const MintedKey& key) {
  return verify::PublicKey::FromSpki(key.Spki()).value();
}

CertificateShape AuthorityShape(std::string_view name, std::string_view issuer, std::string constraints) {
  const auto year = std::chrono::hours(24 * 365);
  return {.subject = Named(name),
          .issuer = Named(issuer),
          .not_before = kMintedTime - year,
          .not_after = kMintedTime + year,
          .extensions = {{"basicConstraints", std::move(constraints)}, {"keyUsage", "critical,keyCertSign,cRLSign"}}};
}

}  // namespace

MintedExtension FulcioRaw(std::string_view suffix, std::string_view text) {
  return RawExtension("1.3.6.1.4.1.57264." + std::string(suffix), text);
}

std::string DerUtf8(std::string_view text) {
  Require(text.size() < 128);
  return "\x0c" + std::string(1, static_cast<char>(text.size())) + std::string(text);
}

MintedExtension FulcioText(std::string_view suffix, std::string_view text) {
  return FulcioRaw(suffix, DerUtf8(text));
}

MintedCertificateLog::MintedCertificateLog(MintedKey::Type type) : key_(type), public_key_(PublicOf(key_)) {}

verify::TransparencyLog MintedCertificateLog::Description() const {
  const verify::ValidityWindow window{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1), std::nullopt};
  return {
      "https://ctlog.example", public_key_, verify::AcceptedAlgorithms(public_key_).front(), window, public_key_.id(), std::nullopt, ""};
}

std::string MintedCertificateLog::Promise(const std::string& certificate_der, const verify::PublicKey& issuer, Time time,
                                          std::string_view extensions) const {
  const std::string body = BodyOf(certificate_der);
  return Sct(TlsInteger(1, 2) + issuer.id() + TlsInteger(body.size(), 3) + body, time, extensions, public_key_.id());
}

std::string MintedCertificateLog::Sct(std::string_view signed_entry, Time time, std::string_view extensions,
                                      std::string_view log_id) const {
  const std::string stamp = TlsInteger(static_cast<std::uint64_t>(time.time_since_epoch().count()), 8);
  const std::string tail = TlsInteger(extensions.size(), 2) + std::string(extensions);
  const bool rsa = public_key_.type() == verify::KeyType::kRsa;
  const verify::SignatureAlgorithm algorithm{rsa ? verify::Scheme::kRsaPkcs1v15 : verify::Scheme::kEcdsa, verify::HashAlgorithm::kSha256};
  const std::string signature = key_.Sign(algorithm, std::string(2, '\0') + stamp + std::string(signed_entry) + tail);
  return std::string(1, '\0') + std::string(log_id) + stamp + tail + (rsa ? "\x04\x01" : "\x04\x03") + TlsInteger(signature.size(), 2) +
         signature;
}

MintedExtension EmbeddedScts(const std::vector<std::string>& scts) {
  std::string list;
  for (const std::string& sct : scts) list += TlsInteger(sct.size(), 2) + sct;
  list = TlsInteger(list.size(), 2) + list;
  const openssl::OctetString octets(ASN1_OCTET_STRING_new());
  Require(ASN1_OCTET_STRING_set(octets.get(), openssl::Data(list), static_cast<int>(list.size())) == 1);
  return RawExtension("1.3.6.1.4.1.11129.2.4.2", openssl::Encode<const ASN1_OCTET_STRING>(i2d_ASN1_OCTET_STRING, octets.get()));
}

MintedFulcio::MintedFulcio()
    : root_key_(MintedKey::kP384),
      intermediate_key_(MintedKey::kP384),
      root_(ParseMinted(MintCertificate(AuthorityShape("root", "root", "critical,CA:TRUE"), root_key_, root_key_))),
      intermediate_(ParseMinted(
          MintCertificate(AuthorityShape("intermediate", "root", "critical,CA:TRUE,pathlen:0"), intermediate_key_, root_key_))) {}

CertificateShape MintedFulcio::LeafShape(std::string_view subject, std::string_view issuer) const {
  return {.subject = Named("leaf"),
          .issuer = Named("intermediate"),
          .not_before = kMintedTime - minutes(5),
          .not_after = kMintedTime + minutes(5),
          .extensions = {{"keyUsage", "critical,digitalSignature"},
                         {"extendedKeyUsage", "codeSigning"},
                         {"subjectAltName", "critical," + std::string(subject)},
                         FulcioRaw("1.1", issuer),
                         FulcioText("1.8", issuer)}};
}

std::string MintedFulcio::MintLogged(const CertificateShape& shape, const MintedKey& subject,
                                     const std::vector<const MintedCertificateLog*>& logs) const {
  // The serial number is part of what the log signs, so the promise is added to the certificate itself, which is then signed again.
  const std::string without = Mint(shape, subject);
  std::vector<std::string> scts;
  for (const MintedCertificateLog* log : logs) scts.push_back(log->Promise(without, intermediate_.public_key(), kMintedTime));
  return WithExtension(without, EmbeddedScts(scts), intermediate_key_);
}

verify::CertificateAuthority MintedFulcio::Description() const {
  return {"Minted", "root", "https://fulcio.example", verify::AuthorityPath({intermediate_, root_}), {root_.not_before(), std::nullopt}};
}

}  // namespace hullwright::testing
