#include "verify/precertificate.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"
#include "verify/openssl.h"

namespace hullwright::verify {
using testing::MintedFulcio;
using testing::MintedKey;

namespace {

// As OpenSSL writes it.
std::string BodyByOpenssl(const Certificate& certificate) {
  return openssl::Encode<X509>(i2d_re_X509_tbs, certificate.handle());
}

std::string Leaf(std::vector<testing::MintedExtension> extensions) {
  const MintedKey key(MintedKey::kP256);
  return testing::MintCertificate({.extensions = std::move(extensions)}, key, key);
}

const testing::MintedExtension kPoison = testing::RawExtension(kPrecertificatePoisonOid, std::string_view("\x05\x00", 2), true);

}  // namespace

TEST_CASE("What a log signed is the certificate's body without the log's own extensions, byte for byte", "[verify]") {
  const MintedFulcio fulcio;
  const MintedKey key(MintedKey::kP256);
  const std::string plain = fulcio.Mint(fulcio.LeafShape(), key);
  const std::string body = BodyByOpenssl(testing::ParseMinted(plain));
  CHECK(PrecertificateBody(plain) == body);
  const MintedKey issuer(MintedKey::kP256);
  const std::string logged = testing::WithExtension(plain, testing::EmbeddedScts({"promise"}), issuer);
  REQUIRE(testing::ParseMinted(logged).FindExtension(kCertificateTimestampListOid) != nullptr);
  CHECK(PrecertificateBody(logged) == body);
  CHECK(PrecertificateBody(testing::WithExtension(logged, kPoison, issuer)) == body);
  CHECK(PrecertificateBody(testing::WithExtension(plain, testing::RawExtension("1.2.3.4", "x"), issuer)) != body);
}

TEST_CASE("Where nothing but the log's extensions was, no list of extensions is left", "[verify]") {
  const std::string bare = Leaf({});
  CHECK(PrecertificateBody(Leaf({kPoison}))->size() == PrecertificateBody(bare)->size());
  CHECK(PrecertificateBody(bare) == BodyByOpenssl(testing::ParseMinted(bare)));
}

TEST_CASE("A certificate that is cut off or followed by something has no body", "[verify]") {
  const std::string leaf = Leaf({kPoison});
  for (std::size_t length = 0; length < leaf.size(); ++length) {
    INFO("cut to " << length);
    CHECK_FALSE(PrecertificateBody(leaf.substr(0, length)).has_value());
  }
  CHECK(PrecertificateBody(leaf + "x").error().step == Step::kParse);
}

}  // namespace hullwright::verify
