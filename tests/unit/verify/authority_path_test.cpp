#include "verify/authority_path.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"

namespace hullwright::verify {
using testing::CertificateShape;
using testing::kMintedTime;
using testing::MintedExtension;
using testing::MintedFulcio;
using testing::MintedKey;
using testing::Named;
using testing::ParseMinted;

namespace {

constexpr auto kYear = std::chrono::hours(24 * 365);
constexpr auto kPurpose = ChainPurpose::kCodeSigning;

// Three authorities above a leaf. Each takes extensions of its own.
struct Tower {
  explicit Tower(const std::vector<MintedExtension>& of_root, const std::vector<MintedExtension>& of_lowest = {}) {
    root = Authority("root", "root", root_key, root_key, of_root);
    middle = Authority("middle", "root", middle_key, root_key, {{"basicConstraints", "critical,CA:TRUE"}});
    lowest = Authority("lowest", "middle", lowest_key, middle_key, of_lowest.empty() ? PlainAuthority() : of_lowest);
  }

  static std::vector<MintedExtension> PlainAuthority() { return {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "keyCertSign"}}; }
  static std::string Authority(const std::string& name, const std::string& issuer, const MintedKey& key, const MintedKey& by,
                               const std::vector<MintedExtension>& extensions) {
    return MintCertificate({.subject = Named(name),
                            .issuer = Named(issuer),
                            .not_before = kMintedTime - kYear,
                            .not_after = kMintedTime + kYear,
                            .extensions = extensions},
                           key, by);
  }
  static Certificate Leaf(const std::string& issuer, const MintedKey& by) {
    CertificateShape shape = MintedFulcio().LeafShape();
    shape.issuer = Named(issuer);
    return ParseMinted(MintCertificate(shape, MintedKey(MintedKey::kP256), by));
  }

  AuthorityPath Path() const { return AuthorityPath({ParseMinted(lowest), ParseMinted(middle), ParseMinted(root)}); }
  Certificate LeafOfLowest() const { return Leaf("lowest", lowest_key); }

  MintedKey root_key{MintedKey::kP256}, middle_key{MintedKey::kP256}, lowest_key{MintedKey::kP256};
  std::string root, middle, lowest;
};

Checked<std::vector<Certificate>> AllTheWay(const Certificate& leaf, const AuthorityPath& path, Time at = kMintedTime) {
  const auto& all = path.certificates();
  const std::vector<Certificate> between(all.begin(), all.end() - 1);
  return BuildChain(leaf, {{all.back()}, between, at, kPurpose});
}

}  // namespace

TEST_CASE("A proved path gives the chain that verifying all the way up gives", "[verify]") {
  const Tower tower(Tower::PlainAuthority());
  const AuthorityPath path = tower.Path();
  CHECK(path.is_proved());
  const Certificate leaf = tower.LeafOfLowest();
  const auto chain = path.ChainOf(leaf, {}, kMintedTime, kPurpose);
  REQUIRE(chain.has_value());
  CHECK(chain->size() == 4);
  CHECK(*chain == AllTheWay(leaf, path).value());
  const Certificate stranger = Tower(Tower::PlainAuthority()).LeafOfLowest();
  CHECK(path.ChainOf(stranger, {}, kMintedTime, kPurpose).error().step == Step::kChain);
}

TEST_CASE("A leaf of a higher authority, or of a helper, still chains to a proved path", "[verify]") {
  const Tower tower(Tower::PlainAuthority());
  const AuthorityPath path = tower.Path();
  CHECK(path.ChainOf(Tower::Leaf("middle", tower.middle_key), {}, kMintedTime, kPurpose)->size() == 3);
  const MintedKey key(MintedKey::kP256);
  const Certificate helper = ParseMinted(Tower::Authority("helper", "middle", key, tower.middle_key, Tower::PlainAuthority()));
  const Certificate leaf = Tower::Leaf("helper", key);
  CHECK(path.ChainOf(leaf, {helper}, kMintedTime, kPurpose)->size() == 4);
  CHECK(path.ChainOf(leaf, {}, kMintedTime, kPurpose).error().step == Step::kChain);
}

TEST_CASE("The dates of every certificate of a proved path are judged for each leaf", "[verify]") {
  const MintedKey root_key(MintedKey::kP256);
  const MintedKey key(MintedKey::kP256);
  const auto hour = std::chrono::hours(1);
  for (const Time until : {kMintedTime - hour, kMintedTime + hour}) {
    const CertificateShape root{
        .subject = Named("root"), .not_before = kMintedTime - kYear, .not_after = until, .extensions = Tower::PlainAuthority()};
    const AuthorityPath path({ParseMinted(Tower::Authority("lowest", "root", key, root_key, Tower::PlainAuthority())),
                              ParseMinted(MintCertificate(root, root_key, root_key))});
    CHECK(path.is_proved());
    const auto chain = path.ChainOf(Tower::Leaf("lowest", key), {}, kMintedTime, kPurpose);
    CHECK(chain.has_value() == (until > kMintedTime));
    if (!chain) CHECK(chain.error().step == Step::kTime);
  }
}

TEST_CASE("What an upper authority demands of leaves is held, though the path is not proved", "[verify]") {
  const auto of_root = [](std::vector<MintedExtension> extensions) {
    extensions.insert(extensions.begin(), {"basicConstraints", "critical,CA:TRUE"});
    return Tower(extensions);
  };
  const Tower elsewhere = of_root({{"nameConstraints", "critical,permitted;URI:.elsewhere.example"}});
  CHECK_FALSE(elsewhere.Path().is_proved());
  CHECK_FALSE(elsewhere.Path().ChainOf(elsewhere.LeafOfLowest(), {}, kMintedTime, kPurpose).has_value());
  const Tower here = of_root({{"nameConstraints", "critical,permitted;URI:ci.example"}});
  CHECK_FALSE(here.Path().is_proved());
  CHECK(here.Path().ChainOf(here.LeafOfLowest(), {}, kMintedTime, kPurpose).has_value());
  for (const auto& [depth, holds] : {std::pair{"1", false}, std::pair{"2", true}}) {
    const Tower tower({{"basicConstraints", std::string("critical,CA:TRUE,pathlen:") + depth}});
    CHECK(tower.Path().is_proved() == holds);
    CHECK(tower.Path().ChainOf(tower.LeafOfLowest(), {}, kMintedTime, kPurpose).has_value() == holds);
  }
}

TEST_CASE("What the lowest authority may not issue, or not for this use, it has not issued", "[verify]") {
  for (const std::vector<MintedExtension>& lowest :
       {std::vector<MintedExtension>{{"basicConstraints", "critical,CA:FALSE"}},
        {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,digitalSignature"}},
        {{"basicConstraints", "critical,CA:TRUE"}, {"extendedKeyUsage", "serverAuth"}},
        {{"basicConstraints", "critical,CA:TRUE"}, {"nameConstraints", "critical,permitted;URI:.elsewhere.example"}},
        {{"basicConstraints", "critical,CA:TRUE"}, testing::RawExtension("1.2.3.4", "x", true)}}) {
    const Tower tower(Tower::PlainAuthority(), lowest);
    const Certificate leaf = tower.LeafOfLowest();
    const auto chain = tower.Path().ChainOf(leaf, {}, kMintedTime, kPurpose);
    REQUIRE_FALSE(chain.has_value());
    CHECK(chain.error().step == AllTheWay(leaf, tower.Path()).error().step);
  }
}

TEST_CASE("A path of strangers is not proved, and nothing chains to it", "[verify]") {
  const Tower tower(Tower::PlainAuthority());
  const Tower other(Tower::PlainAuthority());  // the same names, other keys
  const AuthorityPath mixed({ParseMinted(tower.lowest), ParseMinted(tower.middle), ParseMinted(other.root)});
  CHECK_FALSE(mixed.is_proved());
  CHECK(mixed.ChainOf(tower.LeafOfLowest(), {}, kMintedTime, kPurpose).error().step == Step::kChain);
  const AuthorityPath root_alone({ParseMinted(tower.root)});
  CHECK_FALSE(root_alone.is_proved());
  CHECK(root_alone.ChainOf(Tower::Leaf("root", tower.root_key), {}, kMintedTime, kPurpose)->size() == 2);
}

}  // namespace hullwright::verify
