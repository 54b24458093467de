#include "support/minted_revocation.h"

#include <openssl/ocsp.h>

#include <stdexcept>

#include "verify/openssl.h"

namespace hullwright::testing {
namespace {

namespace openssl = verify::openssl;
using List = openssl::Handle<X509_CRL, X509_CRL_free>;
using Entry = openssl::Handle<X509_REVOKED, X509_REVOKED_free>;
using Number = openssl::Handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using Enumerated = openssl::Handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using Date = openssl::Handle<ASN1_TIME, ASN1_TIME_free>;
using GeneralizedDate = openssl::Handle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;
using Extension = openssl::Handle<X509_EXTENSION, X509_EXTENSION_free>;
using BasicResponse = openssl::Handle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using Response = openssl::Handle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using CertificateId = openssl::Handle<OCSP_CERTID, OCSP_CERTID_free>;

void Require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot mint this word on revocation");
}

openssl::Certificate Parse(std::string_view der) {
  const unsigned char* at = openssl::Data(der);
  openssl::Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  Require(certificate != nullptr);
  return certificate;
}

Date ToDate(Time time) {
  Date date(ASN1_TIME_adj(nullptr, std::chrono::system_clock::to_time_t(time), 0, 0));
  Require(date != nullptr);
  return date;
}

Number ToNumber(long value) {
  Number number(ASN1_INTEGER_new());
  Require(number && ASN1_INTEGER_set(number.get(), value) == 1);
  return number;
}

void AddEntry(X509_CRL* list, const RevokedEntry& revoked, Time when) {
  Entry entry(X509_REVOKED_new());
  const openssl::Certificate certificate = Parse(revoked.certificate);
  Require(X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(certificate.get())) == 1 &&
          X509_REVOKED_set_revocationDate(entry.get(), ToDate(when).get()) == 1);
  if (revoked.reason) {
    const Enumerated reason(ASN1_ENUMERATED_new());
    Require(ASN1_ENUMERATED_set(reason.get(), *revoked.reason) == 1 &&
            X509_REVOKED_add1_ext_i2d(entry.get(), NID_crl_reason, reason.get(), 0, 0) == 1);
  }
  if (revoked.invalid_since) {
    const GeneralizedDate date(ASN1_GENERALIZEDTIME_adj(nullptr, std::chrono::system_clock::to_time_t(*revoked.invalid_since), 0, 0));
    Require(date && X509_REVOKED_add1_ext_i2d(entry.get(), NID_invalidity_date, date.get(), 0, 0) == 1);
  }
  Require(X509_CRL_add0_revoked(list, entry.release()) == 1);
}

}  // namespace

std::string MintCrl(const CrlShape& shape, std::string_view issuer, const MintedKey& key) {
  const List list(X509_CRL_new());
  const openssl::Certificate by = Parse(issuer);
  Require(X509_CRL_set_version(list.get(), 1) == 1 && X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(by.get())) == 1 &&
          X509_CRL_set1_lastUpdate(list.get(), ToDate(shape.this_update).get()) == 1);
  if (shape.next_update) Require(X509_CRL_set1_nextUpdate(list.get(), ToDate(*shape.next_update).get()) == 1);
  for (const RevokedEntry& revoked : shape.revoked) AddEntry(list.get(), revoked, shape.this_update);
  Require(X509_CRL_add1_ext_i2d(list.get(), NID_crl_number, ToNumber(shape.number).get(), 0, 0) == 1);
  if (shape.base_number) Require(X509_CRL_add1_ext_i2d(list.get(), NID_delta_crl, ToNumber(*shape.base_number).get(), 1, 0) == 1);
  X509V3_CTX context;
  X509V3_set_ctx(&context, by.get(), nullptr, nullptr, list.get(), 0);
  X509V3_set_ctx_nodb(&context);
  for (const auto& [name, value] : shape.extensions) {
    const Extension extension(X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str()));
    Require(extension && X509_CRL_add_ext(list.get(), extension.get(), -1) == 1);
  }
  Require(X509_CRL_sort(list.get()) == 1 && X509_CRL_sign(list.get(), key.handle(), EVP_get_digestbyname(shape.hash.c_str())) > 0);
  return openssl::Encode(i2d_X509_CRL, list.get());
}

std::string MintOcsp(const OcspShape& shape, std::string_view certificate, std::string_view issuer, std::string_view responder,
                     const MintedKey& responder_key) {
  const BasicResponse basic(OCSP_BASICRESP_new());
  const openssl::Certificate about = Parse(certificate);
  const openssl::Certificate by = Parse(issuer);
  const openssl::Certificate signer = Parse(responder);
  const CertificateId id(OCSP_cert_to_id(EVP_sha1(), about.get(), by.get()));  // what responders use in the id to this day
  const Date from = ToDate(shape.this_update);
  const Date to = shape.next_update ? ToDate(*shape.next_update) : nullptr;
  Require(OCSP_basic_add1_status(basic.get(), id.get(), shape.status, 1, from.get(), from.get(), to.get()) != nullptr);
  Require(OCSP_basic_sign(basic.get(), signer.get(), responder_key.handle(), EVP_get_digestbyname(shape.hash.c_str()), nullptr, 0) == 1);
  const Response response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  Require(response != nullptr);
  return openssl::Encode(i2d_OCSP_RESPONSE, response.get());
}

}  // namespace hullwright::testing
