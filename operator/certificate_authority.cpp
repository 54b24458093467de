#include "operator/certificate_authority.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "http/certificate_files.h"

namespace hullwright::controller {
namespace {

using http::CertificatePointer;
using http::KeyPointer;
using http::OpenSslDeleter;
using Bio = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, OpenSslDeleter<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, OpenSslDeleter<X509_EXTENSION_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>>;

// RFC 5280 §4.1.2.2: at most 20 octets, positive; the CA/Browser Forum wants at least 64 bits of chance.
constexpr int kSerialBits = 159;
constexpr std::size_t kMaxCommonName = 64;  // RFC 5280, upper bound of a common name
constexpr std::string_view kOrganization = "hullwright";
// The names that count are alternative names: a Service's can be longer than a common name may be.
constexpr std::string_view kLeafName = "hullwright-webhook";

std::unexpected<Error> Internal(std::string_view what) {
  return Fail(ErrorCode::kInternal, fmt::format("{}: {}", what, http::OpenSslReason()));
}

struct SignatureUnderWay {
  CertificatePointer certificate;
  KeyPointer key;
};

bool SetName(X509_NAME* name, std::string_view common_name) {
  const auto add = [name](int nid, std::string_view value) {
    return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add(NID_organizationName, kOrganization) && add(NID_commonName, common_name.substr(0, kMaxCommonName));
}

bool SetSerial(X509* certificate, const BIGNUM* serial) {
  return BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != nullptr;
}

Number NewSerial() {
  Number serial(BN_new());
  if (!serial || BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1) return nullptr;
  return serial;
}

std::string Hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

// "name 9f86d081": the beginning of the serial tells CAs of one name apart.
std::string DistinctName(std::string_view name, const BIGNUM* serial) {
  std::array<unsigned char, 4> first{};
  std::array<unsigned char, (kSerialBits + 7) / 8> bytes{};
  BN_bn2binpad(serial, bytes.data(), static_cast<int>(bytes.size()));
  std::copy_n(bytes.begin(), first.size(), first.begin());
  const std::string suffix = " " + Hex(first.data(), first.size());
  return std::string(name.substr(0, kMaxCommonName - suffix.size())) + suffix;
}

bool SetTime(ASN1_TIME* field, Time time) {
  return ASN1_TIME_set(field, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()) != nullptr;
}

bool AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Not through AddExtension: a name is a value there, never a piece of OpenSSL's configuration language.
bool AddDnsNames(X509* certificate, const std::vector<std::string>& dns_names) {
  const GeneralNames names(GENERAL_NAMES_new());
  if (!names) return false;
  for (const std::string& dns_name : dns_names) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    if (name == nullptr || text == nullptr || ASN1_STRING_set(text, dns_name.data(), static_cast<int>(dns_name.size())) != 1) {
      GENERAL_NAME_free(name);
      ASN1_IA5STRING_free(text);
      return false;
    }
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    if (sk_GENERAL_NAME_push(names.get(), name) == 0) {
      GENERAL_NAME_free(name);
      return false;
    }
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

// A key and a certificate for it that nobody has signed yet.
Result<SignatureUnderWay> Begin(std::string_view common_name, const BIGNUM* serial, Time not_before, Time not_after) {
  SignatureUnderWay made{CertificatePointer(X509_new()), KeyPointer(EVP_EC_gen("P-256"))};
  if (!made.certificate || !made.key) return Internal("making a key");
  X509* const certificate = made.certificate.get();
  const bool filled = X509_set_version(certificate, X509_VERSION_3) == 1 && SetSerial(certificate, serial) &&
                      SetTime(X509_getm_notBefore(certificate), not_before) && SetTime(X509_getm_notAfter(certificate), not_after) &&
                      SetName(X509_get_subject_name(certificate), common_name) && X509_set_pubkey(certificate, made.key.get()) == 1;
  if (!filled) return Internal("filling a certificate");
  return made;
}

template <class Write>
std::string ToPem(Write&& write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return {};
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string CertificatePem(X509* certificate) {
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

Result<PemPair> Finish(const SignatureUnderWay& made, EVP_PKEY* issuer_key) {
  if (X509_sign(made.certificate.get(), issuer_key, EVP_sha256()) <= 0) return Internal("signing a certificate");
  PemPair pair{CertificatePem(made.certificate.get()),
               ToPem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
  if (pair.certificate.empty() || pair.key.empty()) return Internal("writing a certificate");
  return pair;
}

std::vector<std::string> DnsNamesOf(X509* certificate) {
  std::vector<std::string> found;
  const GeneralNames names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return found;
}

Time ToTime(const ASN1_TIME* value) {
  std::tm utc{};
  ASN1_TIME_to_tm(value, &utc);
  return Time(std::chrono::seconds(timegm(&utc)));
}

Result<CertificateView> ViewOf(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  CertificateView view;
  view.pem = CertificatePem(certificate);
  if (view.pem.empty() || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return Internal("reading a certificate");
  view.id = Hex(digest.data(), size);
  view.not_before = ToTime(X509_get0_notBefore(certificate));
  view.not_after = ToTime(X509_get0_notAfter(certificate));
  view.is_authority = X509_check_ca(certificate) == 1;
  view.dns_names = DnsNamesOf(certificate);
  return view;
}

// Of a view's own text, which OpenSSL has written; null never happens.
CertificatePointer Reread(const CertificateView& view) {
  const Bio bio(BIO_new_mem_buf(view.pem.data(), static_cast<int>(view.pem.size())));
  return CertificatePointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

}  // namespace

Result<PemPair> MakeAuthority(std::string_view name, Time now, std::chrono::seconds lifetime) {
  const Number serial = NewSerial();
  if (!serial) return Internal("making a serial number");
  auto made = Begin(DistinctName(name, serial.get()), serial.get(), now - kBackdated, now + lifetime);
  if (!made) return std::unexpected(made.error());
  X509* const certificate = made->certificate.get();
  // pathlen 0: it signs leaves alone.
  const bool extended = X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
                        AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                        AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                        AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  if (!extended) return Internal("making a CA");
  return Finish(*made, made->key.get());
}

Result<PemPair> SignLeaf(const PemPair& authority, const std::vector<std::string>& dns_names, Time now, std::chrono::seconds lifetime) {
  auto issuer = http::ParseIdentity(authority.certificate, authority.key, "CA");
  if (!issuer) return std::unexpected(issuer.error());
  X509* const issuer_certificate = issuer->chain.front().get();
  if (X509_check_ca(issuer_certificate) != 1) return Fail(ErrorCode::kInvalidInput, "CA certificate: it may not sign others");
  const Number serial = NewSerial();
  if (!serial) return Internal("making a serial number");
  const Time end = std::min(now + Time::duration(lifetime), ToTime(X509_get0_notAfter(issuer_certificate)));
  auto made = Begin(kLeafName, serial.get(), now - kBackdated, end);
  if (!made) return std::unexpected(made.error());
  X509* const certificate = made->certificate.get();
  const bool extended = X509_set_issuer_name(certificate, X509_get_subject_name(issuer_certificate)) == 1 &&
                        AddExtension(certificate, issuer_certificate, NID_basic_constraints, "critical,CA:FALSE") &&
                        AddExtension(certificate, issuer_certificate, NID_key_usage, "critical,digitalSignature") &&
                        AddExtension(certificate, issuer_certificate, NID_ext_key_usage, "serverAuth") &&
                        AddExtension(certificate, issuer_certificate, NID_subject_key_identifier, "hash") &&
                        AddExtension(certificate, issuer_certificate, NID_authority_key_identifier, "keyid:always") &&
                        AddDnsNames(certificate, dns_names);
  if (!extended) return Internal("making a server's certificate");
  return Finish(*made, issuer->key.get());
}

Result<std::vector<CertificateView>> ReadBundle(std::string_view what, const std::string& pem) {
  if (pem.size() > kMaxBundleBytes) return Fail(ErrorCode::kInvalidInput, fmt::format("{}: more than {} bytes", what, kMaxBundleBytes));
  const auto certificates = http::ParseCertificates(what, pem, "PEM certificates");
  if (!certificates) return std::unexpected(certificates.error());
  if (certificates->size() > kMaxBundleCertificates) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: more than {} certificates", what, kMaxBundleCertificates));
  }
  std::vector<CertificateView> views;
  for (const auto& certificate : *certificates) {
    auto view = ViewOf(certificate.get());
    if (!view) return std::unexpected(view.error());
    if (std::ranges::none_of(views, [&](const CertificateView& known) { return known.id == view->id; })) views.push_back(std::move(*view));
  }
  return views;
}

Result<CertificateView> ReadPair(std::string_view whose, const PemPair& pair) {
  if (pair.certificate.size() + pair.key.size() > kMaxBundleBytes) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{} certificate: more than {} bytes", whose, kMaxBundleBytes));
  }
  const auto identity = http::ParseIdentity(pair.certificate, pair.key, whose);
  if (!identity) return std::unexpected(identity.error());
  return ViewOf(identity->chain.front().get());
}

bool HasSigned(const CertificateView& authority, const CertificateView& certificate) {
  const CertificatePointer issuer = Reread(authority), subject = Reread(certificate);
  const bool fits = authority.is_authority && issuer && subject && X509_check_issued(issuer.get(), subject.get()) == X509_V_OK &&
                    X509_verify(subject.get(), X509_get0_pubkey(issuer.get())) == 1;
  ERR_clear_error();
  return fits;
}

std::string WriteBundle(const std::vector<CertificateView>& certificates) {
  std::string bundle;
  for (const CertificateView& certificate : certificates) bundle += certificate.pem;
  return bundle;
}

}  // namespace hullwright::controller
