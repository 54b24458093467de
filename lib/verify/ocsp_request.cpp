#include <openssl/ocsp.h>

#include "verify/openssl.h"
#include "verify/revocation_query.h"

namespace hullwright::verify {

std::string OcspRequest(const Certificate& certificate, const Certificate& issuer) {
  using Request = openssl::Handle<OCSP_REQUEST, OCSP_REQUEST_free>;
  const openssl::ErrorQueueGuard guard;
  const Request request(OCSP_REQUEST_new());
  // SHA-1 names the certificate and proves nothing; responders know no other (RFC 5019 section 2.1.1).
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), certificate.handle(), issuer.handle());
  if (!request || id == nullptr || OCSP_request_add0_id(request.get(), id) == nullptr) {
    OCSP_CERTID_free(id);
    return "";
  }
  return openssl::Encode(i2d_OCSP_REQUEST, request.get());
}

}  // namespace hullwright::verify
