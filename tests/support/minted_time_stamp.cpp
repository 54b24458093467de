// The time-stamp authority of minted_sigstore.h: OpenSSL's own RFC 3161 responder with a clock that the test sets.
#include <openssl/ts.h>

#include <stdexcept>

#include "support/minted_sigstore.h"
#include "verify/hash.h"

namespace hullwright::testing {
namespace {

namespace openssl = verify::openssl;
using Request = openssl::Handle<TS_REQ, TS_REQ_free>;
using Response = openssl::Handle<TS_RESP, TS_RESP_free>;
using Responder = openssl::Handle<TS_RESP_CTX, TS_RESP_CTX_free>;
using Imprint = openssl::Handle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using Object = openssl::Handle<ASN1_OBJECT, ASN1_OBJECT_free>;

void Require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot mint a time stamp for this test");
}

ASN1_INTEGER* Serial(TS_RESP_CTX*, void*) {
  ASN1_INTEGER* serial = ASN1_INTEGER_new();
  ASN1_INTEGER_set(serial, 7);
  return serial;
}

int TellTime(TS_RESP_CTX*, void* time, long* seconds, long* microseconds) {
  const auto since = static_cast<const Time*>(time)->time_since_epoch();
  *seconds = static_cast<long>(std::chrono::floor<std::chrono::seconds>(since).count());
  *microseconds = static_cast<long>((since % std::chrono::seconds(1)).count() * 1000);
  return 1;
}

Request MakeRequest(std::string_view message, bool with_certificates) {
  Request request(TS_REQ_new());
  const Imprint imprint(TS_MSG_IMPRINT_new());
  const openssl::Handle<X509_ALGOR, X509_ALGOR_free> algorithm(X509_ALGOR_new());
  std::string digest = verify::Sha256(message);
  X509_ALGOR_set_md(algorithm.get(), EVP_sha256());
  Require(TS_REQ_set_version(request.get(), 1) == 1 && TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
          TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(digest.data()), static_cast<int>(digest.size())) == 1 &&
          TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 && TS_REQ_set_cert_req(request.get(), with_certificates ? 1 : 0) == 1);
  return request;
}

Response Respond(std::string_view message, Time time, const verify::Certificate& leaf, const MintedKey& key, bool with_certificates) {
  const Request request = MakeRequest(message, with_certificates);
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  Require(i2d_TS_REQ_bio(bio.get(), request.get()) == 1);
  const Responder responder(TS_RESP_CTX_new());
  const Object policy(OBJ_txt2obj("1.2.3.4", 1));
  Require(
      TS_RESP_CTX_set_signer_cert(responder.get(), leaf.handle()) == 1 && TS_RESP_CTX_set_signer_key(responder.get(), key.handle()) == 1 &&
      TS_RESP_CTX_set_signer_digest(responder.get(), EVP_sha256()) == 1 && TS_RESP_CTX_set_def_policy(responder.get(), policy.get()) == 1 &&
      TS_RESP_CTX_add_md(responder.get(), EVP_sha256()) == 1 && TS_RESP_CTX_set_accuracy(responder.get(), 1, 0, 0) == 1);
  TS_RESP_CTX_set_serial_cb(responder.get(), Serial, nullptr);
  TS_RESP_CTX_set_time_cb(responder.get(), TellTime, &time);
  TS_RESP_CTX_set_clock_precision_digits(responder.get(), 3);
  Response response(TS_RESP_create_response(responder.get(), bio.get()));
  Require(response && TS_RESP_get_token(response.get()) != nullptr);
  return response;
}

CertificateShape Shape(std::string_view name, std::vector<MintedExtension> extensions) {
  const auto year = std::chrono::hours(24 * 365);
  return {.subject = Named(name),
          .issuer = Named("tsa root"),
          .not_before = kMintedTime - year,
          .not_after = kMintedTime + year,
          .extensions = std::move(extensions)};
}

std::vector<MintedExtension> LeafExtensions(const MintedTimeStampAuthority::Options& options) {
  std::vector<MintedExtension> extensions{{"keyUsage", options.leaf_key_usage}, {"extendedKeyUsage", options.leaf_usage}};
  if (!options.leaf_list.empty()) extensions.emplace_back("crlDistributionPoints", options.leaf_list);
  return extensions;
}

}  // namespace

MintedTimeStampAuthority::MintedTimeStampAuthority() : MintedTimeStampAuthority(Options()) {}

MintedTimeStampAuthority::MintedTimeStampAuthority(Options options)
    : options_(std::move(options)),
      root_key_(MintedKey::kP256),
      key_(options_.key),
      root_(ParseMinted(MintCertificate(Shape("tsa root", {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}}),
                                        root_key_, root_key_))),
      leaf_(ParseMinted(MintCertificate(Shape("tsa", LeafExtensions(options_)), key_, root_key_))) {}

std::string MintedTimeStampAuthority::Response(std::string_view message, Time time) const {
  const auto response = Respond(message, time, leaf_, key_, options_.embed_certificates);
  return openssl::Encode<const TS_RESP>(i2d_TS_RESP, response.get());
}

std::string MintedTimeStampAuthority::Token(std::string_view message, Time time) const {
  const auto response = Respond(message, time, leaf_, key_, options_.embed_certificates);
  return openssl::Encode<const PKCS7>(i2d_PKCS7, TS_RESP_get_token(response.get()));
}

verify::CertificateAuthority MintedTimeStampAuthority::Description() const {
  return {"Minted", "tsa", "https://tsa.example", verify::AuthorityPath({leaf_, root_}), {root_.not_before(), std::nullopt}};
}

}  // namespace hullwright::testing
